import { addDays, HOUR } from "@shared/core/time.ts";
import { notebook, timeSpan } from "../ledger.ts";
import { bodyDay, mean } from "../physiology.ts";
import { between, round } from "../random.ts";
import { firstDay } from "../world.ts";
import {
  common,
  cycleId,
  DELAY,
  isScored,
  KJ,
  type Maker,
  nightId,
  updates,
  zone,
} from "./record.ts";

/** From falling asleep to falling asleep; without an end until the next night is over. */
export const cycles: Maker = (day) => {
  const { world, person, date } = day;
  const body = bodyDay(person, date, world.seed);
  const { start, end: woken } = body.night;
  const next = bodyDay(person, addDays(date, 1), world.seed).night;
  const now = world.clock();
  const isOver = next.end.getTime() + DELAY <= now.getTime();
  const end = isOver ? next.start : undefined;
  // A running cycle moves in quarters of an hour, so that two reads of one moment agree.
  const quarter = new Date(Math.floor(now.getTime() / DELAY) * DELAY);
  const share = isOver ? 1 : Math.min(1, (quarter.getTime() - start.getTime()) / (24 * HOUR));
  const availableAt = new Date(woken.getTime() + DELAY);
  const { note, facts } = notebook(timeSpan(start, end));
  const kilojoule = round((body.activeKilocalories + body.basalKilocalories) * KJ * share, 3);
  const score = {
    strain: note("strain_score", round((4 + body.steps / 1_000) * share, 4)),
    kilojoule: note("energy_total", kilojoule, { value: kilojoule / KJ }),
    average_heart_rate: note("heart_rate_avg", person.restingHr + 14),
    max_heart_rate: note("heart_rate_max", body.exercise?.hrMaximum ?? person.restingHr + 62),
  };
  const id = cycleId(day);
  return [{
    id: String(id),
    day: date,
    availableAt,
    facts,
    body: {
      id,
      ...common(day, availableAt, isOver ? new Date(next.end.getTime() + DELAY) : quarter),
      start: start.toISOString(),
      ...(end ? { end: end.toISOString() } : {}),
      timezone_offset: zone(person, start),
      score_state: "SCORED",
      score,
    },
  }];
};

export const recoveries: Maker = (day) => {
  const { world, person, date } = day;
  const body = bodyDay(person, date, world.seed);
  const made = new Date(body.night.end.getTime() + DELAY);
  const id = nightId(day);
  const { note, facts } = notebook(timeSpan(made));
  const hrv = mean(body.night.hrv) ?? 40;
  const points = between(22, 98, world.seed, person.id, date, "recovery");
  const score = isScored(day)
    ? {
      user_calibrating: date < addDays(firstDay(world, person), 4),
      recovery_score: note("recovery_score", Math.min(100, points + updates(day, "recovery", id))),
      resting_heart_rate: note("resting_heart_rate", Math.min(...body.night.heartRate)),
      hrv_rmssd_milli: note("hrv_rmssd", round(hrv, 5), { statistic: "average" }),
      spo2_percentage: note("spo2", body.night.spo2, { statistic: "average" }),
      skin_temp_celsius: note("skin_temperature", round(33.4 + body.temperatureDeviation, 2), {
        statistic: "average",
      }),
    }
    : undefined;
  return [{
    id,
    day: date,
    availableAt: made,
    facts,
    body: {
      cycle_id: cycleId(day),
      sleep_id: id,
      ...common(day, made),
      score_state: score ? "SCORED" : "UNSCORABLE",
      ...(score ? { score } : {}),
    },
  }];
};
