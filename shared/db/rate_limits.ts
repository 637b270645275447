import type { Sql } from "./client.ts";
import { madeInto, type Statement } from "./statement.ts";

/** A budget that all isolates share. */
export interface Budget {
  readonly key: string;
  readonly limit: number;
  readonly windowSeconds: number;
}

/** What was left when one was taken out of it. */
export interface Taken {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** A budget that a read takes from on its way: it is sent before there is an answer. */
export interface BudgetAhead extends Budget {
  /** Throws where nothing may be told of what was read. */
  told(taken: Taken): void;
}

/** Takes one request out of a budget. */
export function takeSlot(sql: Sql, { key, limit, windowSeconds }: Budget): Statement<Taken> {
  const taken = sql<[Taken]>`
    select allowed, remaining, reset_seconds as "resetSeconds"
    from raphael_private.take_slot(${key}, ${limit}, ${windowSeconds})`;
  return madeInto(taken, ([row]) => row);
}

/** As `takeSlot`, and what came of it is told. */
export function takeAhead(sql: Sql, budget: BudgetAhead): Statement<void> {
  return madeInto(takeSlot(sql, budget), (taken) => budget.told(taken));
}
