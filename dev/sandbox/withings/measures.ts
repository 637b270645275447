import { DAY, localDateOf, MINUTE } from "@shared/core/time.ts";
import { instantAt, localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import { bodyDay } from "../physiology.ts";
import { between, chance, round } from "../random.ts";
import type { SandboxRecord } from "../world.ts";
import { type Day, epoch, idOf, type Maker, publishedOn } from "./record.ts";

/** A weighing each morning, and some days a cuff in the evening. */
export const measures: Maker = (day) => {
  const { world, person, date } = day;
  const morning = instantAt(person.zone, date, 7 * 60 + 6);
  const own = [weighing(day, String(idOf(day, 1)), morning)];
  if (chance(world.seed, person.id, date, "cuff") < 0.4) own.push(pressure(day));
  const published = publishedOn(day, "measures").map((one) => {
    const at = new Date(Math.floor(Date.parse(one.at) / 1_000) * 1_000);
    const where = { ...day, date: localDateIn(person.zone, at) };
    return { ...weighing(where, one.recordId ?? "", at), availableAt: at };
  });
  return [...own, ...published.filter((record) => record.day === date)];
};

/** A value of `unit` as Withings writes it: a whole number and a power of ten. */
function measure(type: number, value: number, digits: number) {
  return { value: Math.round(value * 10 ** digits), type, unit: digits === 0 ? 0 : -digits };
}

function weighing(day: Day, id: string, at: Date): SandboxRecord {
  const { world, person, date } = day;
  const { weightKg } = bodyDay(person, date, world.seed);
  const { note, facts } = notebook(timeSpan(at));
  const fat = round(14 + chance(world.seed, person.id, "fat") * 14, 1);
  const group = (measures: readonly unknown[]) => ({
    grpid: Number(id),
    attrib: 0,
    date: epoch(at),
    created: epoch(at) + 20,
    modified: epoch(at) + 20,
    category: 1,
    deviceid: "5a1e0b7c42d9",
    hash_deviceid: "5a1e0b7c42d9",
    measures,
    model: "Body Cardio",
    model_id: 6,
    comment: "",
  });
  const body = group([
    measure(1, note("body_weight", weightKg), 3),
    measure(6, note("body_fat_percentage", fat), 1),
    measure(88, note("bone_mass", round(weightKg * 0.04, 2)), 2),
    measure(11, note("heart_rate", person.restingHr + 12), 0),
    // Of the left leg alone: no weight of the person.
    measure(175, round(weightKg * 0.12, 2), 2),
  ]);
  return { id, day: date, availableAt: new Date(at.getTime() + MINUTE), body, facts };
}

function pressure(day: Day): SandboxRecord {
  const { world, person, date } = day;
  const at = instantAt(person.zone, date, 20 * 60 + 31);
  const { note, facts } = notebook(timeSpan(at));
  const id = String(idOf(day, 2));
  const of = (name: string, low: number, high: number) =>
    between(low, high, world.seed, person.id, date, name);
  const body = {
    grpid: Number(id),
    attrib: 0,
    date: epoch(at),
    created: epoch(at) + 20,
    modified: epoch(at) + 20,
    category: 1,
    deviceid: "c0ffee42d9aa",
    hash_deviceid: "c0ffee42d9aa",
    measures: [
      measure(9, note("blood_pressure_diastolic", of("diastolic", 68, 86)), 0),
      measure(10, note("blood_pressure_systolic", of("systolic", 108, 136)), 0),
      measure(11, note("heart_rate", of("pulse", 55, 80)), 0),
    ],
    model: "BPM Connect",
    model_id: 45,
    comment: "",
  };
  return { id, day: date, availableAt: new Date(at.getTime() + MINUTE), body, facts };
}

/** Once a week a recording of the heart. */
export const heart: Maker = (day) => {
  const { world, person, date } = day;
  if (Math.floor(Date.parse(date) / DAY) % 7 !== 3) return [];
  const at = instantAt(person.zone, date, 12 * 60);
  const { note, facts } = notebook(timeSpan(at));
  const signalid = idOf(day, 3);
  return [{
    id: String(signalid),
    day: localDateOf(at),
    availableAt: new Date(at.getTime() + MINUTE),
    facts,
    body: {
      deviceid: "5fe1b7c09d2a",
      model: 91,
      ecg: { signalid, afib: 0 },
      heart_rate: note(
        "ecg_average_heart_rate",
        between(58, 84, world.seed, person.id, date, "ecg"),
      ),
      modified: epoch(at) + 30,
      timestamp: epoch(at),
    },
  }];
};
