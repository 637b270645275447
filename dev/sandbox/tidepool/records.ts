import { type LocalDate, MINUTE } from "@shared/core/time.ts";
import { eachDay, instantAt, isoWall, localDateIn, offsetAt } from "../clock.ts";
import { glucoseAt } from "../glucose.ts";
import { type Note, notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { bodyDay } from "../physiology.ts";
import { between, chance, hexOf } from "../random.ts";
import { firstDay, publishedFor, type SandboxRecord, type World } from "../world.ts";

/** What Tidepool divides by; what anybody else makes of it again is molar mass. */
const STORED_FACTOR = 18.01559;
const MOLAR_FACTOR = 18.0156;

/** What is there by now with local days from `first` to `last`, oldest first. */
export function listData(
  world: World,
  person: Person,
  first: LocalDate,
  last: LocalDate,
): SandboxRecord[] {
  const start = firstDay(world, person);
  const since = Date.parse(world.store.state.historyStart);
  const made = [...eachDay(first < start ? start : first, last)]
    .flatMap((date) => dayOf(world, person, date))
    .filter(({ availableAt }) => availableAt <= world.clock() && availableAt.getTime() >= since);
  const added = publishedFor(world, "tidepool", person.id, "data").flatMap((one) => {
    const at = new Date(one.at);
    const day = localDateIn(person.zone, at);
    return day < first || day > last ? [] : [cbg(world, person, at, one.recordId)];
  });
  return [...made, ...added].sort((a, b) => a.availableAt.getTime() - b.availableAt.getTime());
}

function dayOf(world: World, person: Person, date: LocalDate): readonly SandboxRecord[] {
  const midnight = instantAt(person.zone, date, 0).getTime();
  const minute = (minutes: number) => instantAt(person.zone, date, minutes);
  const amount = (low: number, high: number, name: string) =>
    between(low, high, world.seed, person.id, date, "tidepool", name);
  const rows: SandboxRecord[] = [];
  for (let n = 0; n < 288; n++) {
    const at = new Date(midnight + n * 5 * MINUTE);
    if (localDateIn(person.zone, at) !== date) continue;
    if (chance(world.seed, person.id, at.getTime(), "tidepool gap") >= 0.01) {
      rows.push(cbg(world, person, at));
    }
  }
  const finger = amount(80, 125, "finger") / STORED_FACTOR;
  const ketone = amount(1, 6, "ketone") / 10;
  const carbs = amount(25, 75, "carbs");
  const dose = amount(2, 8, "dose");
  const rate = amount(4, 11, "basal") / 10;
  const water = amount(2, 6, "water") / 4;
  const hour = (from: number, hours: number) =>
    new Date(minute(from).getTime() + hours * 60 * MINUTE);
  rows.push(
    datum(world, person, "smbg", minute(450), (note) => ({
      subType: "manual",
      units: "mmol/L",
      value: note("glucose_blood", finger, { value: finger * MOLAR_FACTOR }),
    })),
    datum(world, person, "bloodKetone", minute(455), (note) => ({
      units: "mmol/L",
      value: note("ketone", ketone),
    })),
    datum(world, person, "bolus", minute(768), (note) => ({
      subType: "normal",
      normal: note("insulin_delivery", dose),
    })),
    datum(world, person, "basal", minute(780), (note) => {
      note("insulin_delivery", rate * 2);
      return { deliveryType: "scheduled", scheduleName: "Standard", rate, duration: 7_200_000 };
    }, hour(780, 2)),
    datum(world, person, "food", minute(770), (note) => ({
      name: "Lunch",
      meal: "lunch",
      brand: "Home",
      code: "0001",
      nutrition: {
        carbohydrate: { net: note("carbohydrate_intake", carbs), units: "grams" },
      },
    })),
    datum(world, person, "water", minute(775), (note) => ({
      amount: { units: "liters", value: note("water_intake", water, { value: water * 1_000 }) },
    })),
  );
  const { exercise } = bodyDay(person, date, world.seed);
  if (exercise) rows.push(activity(world, person, exercise));
  return rows;
}

/** Beyond what the sensor can show it is the threshold less or plus one, and says so. */
function cbg(world: World, person: Person, at: Date, id?: string): SandboxRecord {
  const luck = chance(world.seed, person.id, at.getTime(), "tidepool range");
  const value = glucoseAt(world, person, at) / STORED_FACTOR;
  const base = { units: "mmol/L", sampleInterval: 300_000, backfilled: false };
  return datum(
    world,
    person,
    "cbg",
    at,
    (note) =>
      luck < 0.005
        ? {
          ...base,
          value: 39 / STORED_FACTOR,
          annotations: [{ code: "bg/out-of-range", value: "low", threshold: 40 }],
        }
        : { ...base, value: note("glucose", value, { value: value * MOLAR_FACTOR }) },
    undefined,
    id,
  );
}

function activity(
  world: World,
  person: Person,
  exercise: NonNullable<ReturnType<typeof bodyDay>["exercise"]>,
): SandboxRecord {
  const { sport, start, end, metres, kilocalories } = exercise;
  const minutes = (end.getTime() - start.getTime()) / MINUTE;
  return datum(world, person, "physicalActivity", start, (note) => {
    note("workout_duration", minutes * 60);
    if (metres !== null) note("workout_distance", metres);
    note("workout_energy", kilocalories);
    return {
      activityType: sport,
      name: sport,
      reportedIntensity: "medium",
      duration: { units: "minutes", value: minutes },
      ...(metres === null ? {} : { distance: { units: "kilometers", value: metres / 1_000 } }),
      energy: { units: "kilocalories", value: kilocalories },
    };
  }, end);
}

function datum(
  world: World,
  person: Person,
  type: string,
  at: Date,
  fields: (note: Note) => Readonly<Record<string, unknown>>,
  end?: Date,
  id = hexOf(32, world.seed, "tidepool", person.id, type, at.getTime()),
): SandboxRecord {
  const { note, facts } = notebook(timeSpan(at, end));
  const offset = offsetAt(person.zone, at);
  const body = {
    id,
    type,
    time: at.toISOString(),
    deviceTime: isoWall(at, offset, 0),
    timezoneOffset: offset,
    clockDriftOffset: 0,
    conversionOffset: 0,
    deviceId: `device-${hexOf(8, world.seed, person.id, "tidepool")}`,
    uploadId: `upid_${hexOf(12, world.seed, person.id, "upload")}`,
    ...fields(note),
  };
  return { id, day: localDateIn(person.zone, at), availableAt: at, body, facts };
}
