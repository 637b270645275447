import { addDays, SECOND } from "@shared/core/time.ts";
import { isoWithOffset, offsetAt } from "../clock.ts";
import { daySpan, notebook, timeSpan } from "../ledger.ts";
import { bodyDay, EPOCH_SECONDS, mean, secondsIn } from "../physiology.ts";
import { between, round } from "../random.ts";
import { firstDay } from "../world.ts";
import { clockAt, DELAY, type Maker, updates, userUrl } from "./record.ts";

/** Our phases as Polar's numbers. */
const STAGES: Readonly<Record<string, number>> = { 1: 4, 2: 3, 3: 1, 4: 0 };

export const nights: Maker = (day) => {
  const { world, person, date } = day;
  const { night } = bodyDay(person, date, world.seed);
  const { start, end } = night;
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: date });
  /** In seconds; the catalog counts minutes. */
  const lasting = (metric: string, seconds: number) =>
    note(metric, seconds, { value: seconds / 60 });
  const at = (epoch: number) => new Date(start.getTime() + epoch * EPOCH_SECONDS * SECOND);
  const inBed = (end.getTime() - start.getTime()) / SECOND;
  const [deep, light, rem] = [
    secondsIn(night, "1"),
    secondsIn(night, "2"),
    secondsIn(night, "3"),
  ];
  note("sleep_time_in_bed", inBed / 60);
  note("sleep_duration", (deep + light + rem) / 60);
  const changes = [...night.phases].flatMap((phase, i, all) => phase === all[i - 1] ? [] : [i]);
  const score = between(52, 94, world.seed, person.id, date, "polar sleep");
  const iso = (instant: Date) => isoWithOffset(instant, offsetAt(person.zone, instant), 0);
  return [{
    id: date,
    day: date,
    availableAt: new Date(end.getTime() + DELAY),
    facts,
    body: {
      polar_user: userUrl(day),
      date,
      sleep_start_time: iso(start),
      sleep_end_time: iso(end),
      device_id: "1111AAAA",
      continuity: 3.1,
      continuity_class: 3,
      light_sleep: lasting("sleep_light", light),
      deep_sleep: lasting("sleep_deep", deep),
      rem_sleep: lasting("sleep_rem", rem),
      unrecognized_sleep_stage: 0,
      sleep_score: note("sleep_score", Math.min(100, score + updates(day, "sleep", date))),
      total_interruption_duration: lasting("sleep_awake", secondsIn(night, "4")),
      sleep_charge: 3,
      sleep_goal: 28_800,
      sleep_rating: 3,
      short_interruption_duration: 300,
      long_interruption_duration: 600,
      sleep_cycles: 5,
      group_duration_score: 80,
      group_solidity_score: 75,
      group_regeneration_score: 54.2,
      hypnogram: Object.fromEntries(
        changes.map((i) => [clockAt(person, at(i)), STAGES[night.phases.charAt(i)] ?? 5]),
      ),
      heart_rate_samples: Object.fromEntries(
        night.heartRate.map((bpm, i) => [
          clockAt(person, at(i)),
          note("heart_rate", bpm, timeSpan(at(i))),
        ]),
      ),
    },
  }];
};

export const recharges: Maker = (day) => {
  const { world, person, date } = day;
  const { night } = bodyDay(person, date, world.seed);
  const { note, facts } = notebook(daySpan(date));
  const average = { statistic: "average" } as const;
  const pulse = person.restingHr + 5;
  const at = (epoch: number) => new Date(night.start.getTime() + epoch * EPOCH_SECONDS * SECOND);
  // The first hours, by a clock that names no zone: who does not know the person's reads nothing of it.
  const samples = night.hrv.slice(6, 30).flatMap((hrv, i) =>
    hrv === null ? [] : [[
      clockAt(person, at(i + 6)),
      note("hrv_rmssd", hrv, { ...timeSpan(at(i + 6)), possible: true }),
    ]]
  );
  return [{
    id: date,
    day: date,
    availableAt: new Date(night.end.getTime() + DELAY),
    facts,
    body: {
      polar_user: userUrl(day),
      date,
      heart_rate_avg: note("heart_rate_avg", pulse, average),
      beat_to_beat_avg: note("rr_interval", Math.round(60_000 / pulse), average),
      heart_rate_variability_avg: note("hrv_rmssd", Math.round(mean(night.hrv) ?? 40), average),
      breathing_rate_avg: note("respiratory_rate", round(night.breaths, 1), average),
      nightly_recharge_status: note(
        "recovery_score",
        between(1, 6, world.seed, person.id, date, "recharge"),
      ),
      ans_charge: between(-40, 40, world.seed, person.id, date, "ans") / 10,
      ans_charge_status: 3,
      hrv_samples: Object.fromEntries(samples),
      breathing_samples: {},
    },
  }];
};

/** Without a baseline for the first three nights. */
export const skinTemperatures: Maker = (day) => {
  const { world, person, date } = day;
  const { night, temperatureDeviation } = bodyDay(person, date, world.seed);
  const { note, facts } = notebook(daySpan(date));
  const hasBaseline = date >= addDays(firstDay(world, person), 3);
  return [{
    id: date,
    day: date,
    availableAt: new Date(night.end.getTime() + DELAY),
    facts,
    body: {
      sleep_time_skin_temperature_celsius: note(
        "skin_temperature",
        round(34.1 + temperatureDeviation, 2),
        { statistic: "average" },
      ),
      deviation_from_baseline_celsius: hasBaseline
        ? note("skin_temperature_deviation", temperatureDeviation, { statistic: "average" })
        : -1_000,
      sleep_date: date,
    },
  }];
};
