import { MINUTE } from "@shared/core/time.ts";
import { offsetAt } from "./clock.ts";
import type { Person } from "./person.ts";
import { between, round } from "./random.ts";
import type { World } from "./world.ts";

/** In mg/dL. Meals raise it, an hour or two later it is back. */
export function glucoseAt(world: World, person: Person, at: Date): number {
  const minutes = (at.getTime() / MINUTE + offsetAt(person.zone, at)) % 1_440;
  const rise = [470, 770, 1_150].reduce((sum, meal) => {
    const since = minutes - meal;
    return since < 0 ? sum : sum + 62 * (since / 45) * Math.exp(1 - since / 45);
  }, 0);
  return round(88 + rise + between(-4, 4, world.seed, person.id, at.getTime(), "glucose"));
}
