import { type LocalDate, MINUTE } from "@shared/core/time.ts";
import { instantAt, localDateIn } from "../clock.ts";
import { daySpan, type Note, notebook, type NotedFact, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { type BodyDay, bodyDay, dayShare, heartRateAt } from "../physiology.ts";
import type { World } from "../world.ts";
import { DELAY, intervalOf, type Maker, point, sampleTimeOf } from "./record.ts";

/** Nobody moves outside of these hours of the day. */
const FIRST_HOUR = 6;
const LAST_HOUR = 22;

/** How much of `total` happened up to `hour` of the day. */
function until(total: number, hour: number): number {
  return Math.floor(total * dayShare(hour * 60));
}

/** One point an hour of what `total` says of the day. */
function hourly(
  total: (body: BodyDay) => number,
  value: (note: Note, amount: number) => Readonly<Record<string, unknown>>,
  member: string,
): Maker {
  return (day) => {
    const { world, person, date } = day;
    const all = total(bodyDay(person, date, world.seed));
    const hours = Array.from({ length: LAST_HOUR - FIRST_HOUR + 1 }, (_, i) => FIRST_HOUR + i);
    return hours.map((hour) => {
      const start = instantAt(person.zone, date, hour * 60);
      const end = instantAt(person.zone, date, (hour + 1) * 60);
      const { note, facts } = notebook(timeSpan(start, end));
      const amount = until(all, hour + 1) - until(all, hour);
      const interval = intervalOf(person, start, end);
      return point(day, { start, end }, { [member]: { interval, ...value(note, amount) } }, facts);
    });
  };
}

export const steps = hourly(
  (body) => body.steps,
  (note, amount) => ({ count: String(note("steps", amount)) }),
  "steps",
);

export const distances = hourly(
  (body) => body.metres,
  (note, metres) => ({
    millimeters: String(note("distance", metres * 1_000, { value: metres })),
  }),
  "distance",
);

export const energies = hourly(
  (body) => body.activeKilocalories,
  (note, amount) => ({ kcal: note("energy_active", amount) }),
  "activeEnergyBurned",
);

/** Every quarter of an hour, day and night. */
export const heartRates: Maker = (day) => {
  const { world, person, date } = day;
  const midnight = instantAt(person.zone, date, 0).getTime();
  const next = instantAt(person.zone, date, 24 * 60).getTime();
  const quarters = Array.from(
    { length: (next - midnight) / DELAY },
    (_, i) => midnight + i * DELAY,
  );
  return quarters.map((at) => {
    const start = new Date(at);
    const { bpm } = heartRateAt(person, start, world.seed);
    const { note, facts } = notebook(timeSpan(start));
    const heartRate = {
      sampleTime: sampleTimeOf(person, start),
      beatsPerMinute: String(note("heart_rate", bpm)),
      metadata: { motionContext: "SEDENTARY", sensorLocation: "WRIST" },
    };
    return point(day, { start, availableAt: new Date(at + MINUTE) }, { heartRate }, facts);
  });
};

/** What a day of `world` amounts to by now, rolled up by the data type asked for. */
export interface DayTotal {
  readonly body: Readonly<Record<string, unknown>>;
  readonly facts: readonly NotedFact[];
}

type Total = (
  day: { readonly body: BodyDay; readonly person: Person; readonly hour: number },
  note: Note,
) => Readonly<Record<string, unknown>>;

const TOTALS: Readonly<Record<string, Total>> = {
  steps: ({ body, hour }, note) => ({
    steps: { countSum: String(note("steps", until(body.steps, hour))) },
  }),
  distance: ({ body, hour }, note) => {
    const metres = until(body.metres, hour);
    const sum = note("distance", metres * 1_000, { value: metres });
    return { distance: { millimetersSum: String(sum) } };
  },
  floors: ({ body, hour }, note) => ({
    floors: { countSum: String(note("floors_climbed", until(body.floors, hour))) },
  }),
  altitude: ({ body, hour }, note) => {
    const metres = until(body.floors, hour) * 3;
    const sum = note("elevation_gain", metres * 1_000, { value: metres });
    return { altitude: { gainMillimetersSum: String(sum) } };
  },
  "active-energy-burned": ({ body, hour }, note) => ({
    activeEnergyBurned: {
      kcalSum: note("energy_active", until(body.activeKilocalories, hour)),
    },
  }),
  "total-calories": ({ body, hour }, note) => {
    const basal = Math.floor(body.basalKilocalories * hour / 24);
    const kcalSum = note("energy_total", until(body.activeKilocalories, hour) + basal);
    return { totalCalories: { kcalSum } };
  },
  "active-minutes": ({ body, hour }, note) => {
    const level = (activityLevel: string, metric: string, minutes: number) => ({
      activityLevel,
      activeMinutesSum: String(note(metric, until(minutes, hour))),
    });
    return {
      activeMinutes: {
        activeMinutesRollupByActivityLevel: [
          level("LIGHT", "active_duration_low", Math.floor(body.steps / 60)),
          level("MODERATE", "active_duration_moderate", Math.floor(body.steps / 400)),
          level("VIGOROUS", "active_duration_vigorous", body.exercise ? 31 : 0),
        ],
      },
    };
  },
  "sedentary-period": ({ hour }, note) => {
    const minutes = Math.floor(600 * hour / 24);
    const durationSum = note("sedentary_duration", minutes * 60, { value: minutes });
    return { sedentaryPeriod: { durationSum: `${durationSum}s` } };
  },
  "heart-rate": ({ body, person }, note) => ({
    heartRate: {
      beatsPerMinuteAvg: note("heart_rate_avg", person.restingHr + 14),
      beatsPerMinuteMax: note("heart_rate_max", body.exercise?.hrMaximum ?? person.restingHr + 62),
      beatsPerMinuteMin: note("heart_rate_min", Math.min(...body.night.heartRate)),
    },
  }),
};

/** These may be rolled up over 14 days only; the rest over 90. */
const FEW_DAYS: ReadonlySet<string> = new Set(["heart-rate", "active-minutes", "total-calories"]);

/** The most days that `type` may be rolled up over; nothing where it cannot be. */
export function maxRollUpDays(type: string): number | undefined {
  if (!Object.hasOwn(TOTALS, type)) return undefined;
  return FEW_DAYS.has(type) ? 14 : 90;
}

export function rollUp(world: World, person: Person, type: string, date: LocalDate): DayTotal {
  const now = world.clock();
  const hours = (now.getTime() - instantAt(person.zone, date, 0).getTime()) / (60 * MINUTE);
  const hour = localDateIn(person.zone, now) > date ? 24 : Math.min(24, Math.floor(hours));
  const { note, facts } = notebook({ ...daySpan(date), dailyTotal: true });
  const body = bodyDay(person, date, world.seed);
  return { body: { ...TOTALS[type]?.({ body, person, hour }, note) }, facts };
}
