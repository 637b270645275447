import { HOUR, type LocalDate, MINUTE } from "@shared/core/time.ts";
import { instantAt, localDateIn, offsetAt } from "../clock.ts";
import { daySpan, notebook } from "../ledger.ts";
import type { Person } from "../person.ts";
import { bodyDay, dayShare } from "../physiology.ts";
import { between, round, uuidOf } from "../random.ts";
import { publishedFor, type SandboxRecord, type World } from "../world.ts";

/** A person's data at the one service that they linked. */
export interface Spike {
  readonly world: World;
  readonly person: Person;
  readonly service: string;
}

export type Maker = (of: Spike, date: LocalDate) => readonly SandboxRecord[];

export function id({ world, person }: Spike, kind: string, date: LocalDate): string {
  return uuidOf(world.seed, "spike", person.id, kind, date);
}

export function updates({ world, person }: Spike, collection: string, recordId: string): number {
  return publishedFor(world, "spike", person.id, collection)
    .filter((one) => one.action === "update" && one.recordId === recordId).length;
}

/** Seconds, as Spike writes times. */
export function spikeTime(at: Date): string {
  return at.toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** What a sleep and a workout have alike. */
export function common(of: Spike, recordId: string, start: Date, end: Date) {
  return {
    record_id: uuidOf(recordId, "record"),
    modified_at: spikeTime(of.world.clock()),
    start_at_timestamp: spikeTime(start),
    end_at_timestamp: spikeTime(end),
    duration: end.getTime() - start.getTime(),
    user_time_offset_minutes: offsetAt(of.person.zone, start),
    input_method: "device",
    provider_slug: of.service,
    provider_source: `${of.service}_wellness`,
    provider_source_type: "activity",
    source: { device_manufacturer: "Acme", device_product: "Watch 2" },
  };
}

/** The running figures of a day. */
export const statistics: Maker = (of, date) => {
  const { world, person } = of;
  const day = bodyDay(person, date, world.seed);
  const midnight = instantAt(person.zone, date, 0);
  const minutes = Math.floor((world.clock().getTime() - midnight.getTime()) / (15 * MINUTE)) * 15;
  const share = dayShare(minutes);
  const random = (low: number, high: number, name: string) =>
    between(low, high, world.seed, person.id, date, "spike", name);
  const { note, facts } = notebook({ ...daySpan(date), dailyTotal: true });
  const active = round(day.activeKilocalories * share, 4);
  const basal = round(day.basalKilocalories * Math.min(1, minutes / 1_440), 4);
  const body = {
    date,
    values: {
      steps: note("steps", round(day.steps * share) + updates(of, "daily", date)),
      distance_total: note("distance", round(day.metres * share, 4)),
      distance_walking: round(day.metres * share, 4),
      calories_burned_total: note("energy_total", round(active + basal, 4)),
      calories_burned_active: note("energy_active", active),
      calories_burned_basal: note("energy_basal", basal),
      heartrate: note("heart_rate_avg", person.restingHr + random(12, 24, "mean")),
      heartrate_max: note("heart_rate_max", person.restingHr + random(60, 110, "most")),
      heartrate_min: note("heart_rate_min", person.restingHr - random(0, 3, "least")),
      heartrate_resting: note("resting_heart_rate", person.restingHr),
      hrv_rmssd: note("hrv_rmssd", random(22, 96, "hrv"), { statistic: "average" }),
      sleep_skin_temperature_deviation: note(
        "skin_temperature_deviation",
        day.temperatureDeviation,
      ),
      sleep_score: note("sleep_score", random(50, 96, "sleep")),
      stress_score: note("stress_score", day.stress),
      recovery_score: note("recovery_score", random(35, 98, "recovery")),
    },
  };
  return [{
    id: date,
    day: date,
    availableAt: new Date(midnight.getTime() + 6 * HOUR),
    body,
    facts,
  }];
};

/** The local day of an instant. */
export function dayOf({ person }: Spike, at: Date): LocalDate {
  return localDateIn(person.zone, at);
}
