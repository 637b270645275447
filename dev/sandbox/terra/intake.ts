import { addDays, DAY } from "@shared/core/time.ts";
import { instantAt } from "../clock.ts";
import { notebook } from "../ledger.ts";
import type { Person } from "../person.ts";
import { between, hexOf } from "../random.ts";
import type { World } from "../world.ts";
import { at, dayMetadata, type TerraMaker, terraTime, wholeDay } from "./payload.ts";

/** What was eaten and drunk on a day: the summary counts, the meals are its parts. */
export const nutritions: TerraMaker = ({ world, person, date }) => {
  const trait = (name: string) => [world.seed, person.id, date, name] as const;
  const { note, facts } = notebook({ ...wholeDay(person, date), dailyTotal: true });
  const macros = {
    calories: note("energy_intake", between(1_600, 2_700, ...trait("kcal"))),
    protein_g: note("protein_intake", between(55, 150, ...trait("protein")) + 0.5),
    carbohydrates_g: note("carbohydrate_intake", between(140, 330, ...trait("carbs"))),
    fat_g: note("fat_intake", between(45, 110, ...trait("fat"))),
    fiber_g: note("fiber_intake", between(12, 40, ...trait("fiber"))),
    net_carbohydrates_g: null,
    saturated_fat_g: null,
    trans_fat_g: null,
    sugar_g: null,
    sodium_mg: null,
    cholesterol_mg: null,
    alcohol_g: null,
  };
  const body = {
    drink_samples: [],
    meals: [],
    metadata: dayMetadata(person, date),
    summary: {
      macros,
      micros: { caffeine_mg: note("caffeine_intake", between(0, 3, ...trait("coffee")) * 95) },
      water_ml: note("water_intake", between(8, 28, ...trait("water")) * 100),
      drink_ml: null,
    },
  };
  const availableAt = instantAt(person.zone, date, 21 * 60);
  return [{ id: date, day: date, availableAt, body, facts }];
};

/** Terra's flow from 1 (none) to 5 (some, strength unknown) as none, unspecified, light, medium, heavy. */
const FLOW = [undefined, 0, 2, 3, 4, 1];

/** A cycle of 28 days, for whom it applies. */
export const menstruations: TerraMaker = ({ world, person, date }) => {
  if (person.sex !== "female") return [];
  const cycleDay = cycleDayOf(person, date, world.seed);
  const { note, facts } = notebook(wholeDay(person, date));
  const noon = instantAt(person.zone, date, 12 * 60);
  const flow = cycleDay > 5 ? 1 : [4, 4, 3, 2, 5][cycleDay - 1] ?? 0;
  const level = FLOW[flow];
  const body = {
    menstruation_data: {
      current_phase: cycleDay <= 5 ? 1 : cycleDay <= 13 ? 2 : 5,
      cycle_length_days: 28,
      day_in_cycle: note("cycle_day", cycleDay),
      days_until_next_phase: null,
      is_predicted_cycle: false,
      last_updated_time: null,
      length_of_current_phase_days: null,
      menstruation_flow: [{
        timestamp: terraTime(person, noon),
        flow: level === undefined
          ? flow
          : note("menstrual_flow", flow, { ...at(noon), value: level }),
      }],
      period_length_days: 5,
      period_start_date: addDays(date, 1 - cycleDay),
      predicted_cycle_length_days: 28,
    },
    metadata: dayMetadata(person, date),
  };
  return [{ id: date, day: date, availableAt: noon, body, facts }];
};

function cycleDayOf(person: Person, date: string, seed: string): number {
  const shift = between(0, 27, seed, person.id, "cycle");
  return (Math.floor(Date.parse(date) / DAY) + shift) % 28 + 1;
}

export function athlete(world: World, person: Person) {
  const [first = person.name, last = ""] = person.name.split(" ");
  return {
    age: person.age,
    country: null,
    bio: null,
    state: null,
    city: null,
    first_name: first,
    last_name: last,
    email: `${person.id}@example.com`,
    sex: person.sex,
    gender: null,
    date_of_birth: null,
    account_creation_date: null,
    provider_user_id: hexOf(12, world.seed, "garmin", person.id),
  };
}
