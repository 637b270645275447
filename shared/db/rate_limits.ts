import type { Budget, BudgetAhead, Taken } from "../core/budget.ts";
import type { Sql } from "./client.ts";
import { madeInto, type Statement } from "./statement.ts";

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
