import { HOUR, MINUTE } from "@shared/core/time.ts";
import { notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { heartRateAt } from "../physiology.ts";
import { chance, hash32 } from "../random.ts";
import { type SandboxRecord, type World } from "../world.ts";
import { localDateIn } from "../clock.ts";

/** Every five minutes, as the ring really does; a gap now and then, and a rare 0 without contact. */
export function heartRates(world: World, person: Person, from: Date, to: Date): SandboxRecord[] {
  return grid(world, from, to, 5 * MINUTE).flatMap((at) => {
    const luck = chance(world.seed, person.id, at.getTime(), "contact");
    if (luck < 0.03) return [];
    const { bpm, state } = heartRateAt(person, at, world.seed);
    const { note, facts } = notebook(timeSpan(at));
    const contact = luck >= 0.033;
    if (contact) note("heart_rate", bpm);
    const body = {
      timestamp: at.toISOString(),
      timestamp_unix: at.getTime(),
      bpm: contact ? bpm : 0,
      source: state,
    };
    return [row(person, at, body, facts)];
  });
}

export function batteryLevels(world: World, person: Person, from: Date, to: Date): SandboxRecord[] {
  return grid(world, from, to, 2 * HOUR).map((at) => {
    const charging = at.getUTCHours() === 6;
    const level = 100 - hash32(world.seed, person.id, at.getTime()) % 80;
    const body = {
      timestamp: at.toISOString(),
      timestamp_unix: at.getTime(),
      charging,
      in_charger: charging,
      level,
    };
    return row(person, at, body, []);
  });
}

function row(
  person: Person,
  at: Date,
  body: SandboxRecord["body"],
  facts: SandboxRecord["facts"],
): SandboxRecord {
  return {
    id: at.toISOString(),
    day: localDateIn(person.zone, at),
    availableAt: at,
    body,
    facts,
  };
}

/** Instants on a whole multiple of `step` that lie in `[from, to]`, in the history, and not ahead. */
function grid(world: World, from: Date, to: Date, step: number): Date[] {
  const history = Date.parse(world.store.state.historyStart);
  const last = Math.min(to.getTime(), world.clock().getTime());
  const instants: Date[] = [];
  let at = Math.ceil(Math.max(from.getTime(), history) / step) * step;
  for (; at <= last; at += step) instants.push(new Date(at));
  return instants;
}
