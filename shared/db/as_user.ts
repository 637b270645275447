import type { BudgetAhead } from "../core/budget.ts";
import { ProblemError } from "../core/problems.ts";
import type { Database, Sql } from "./client.ts";
import { isRaised } from "./lost.ts";
import { takeAhead } from "./rate_limits.ts";
import type { Statement } from "./statement.ts";

/** Verified claims of a session; `sub` is the person. */
export type UserClaims = Readonly<Record<string, unknown>> & { readonly sub: string };

/** Who looks, and at what: what is written down of it. */
export interface Access {
  readonly claims: UserClaims;
  /** `metrics.list`, `preferences.write` … */
  readonly action: string;
  readonly requestId: string;
  /** Taken from on the way. */
  readonly budget?: BudgetAhead;
  /** Catalog codes; absent for all, and where the action says it. */
  readonly metrics?: readonly string[];
  readonly since?: Date | string;
  readonly until?: Date | string;
}

/**
 * Reads as the person: role `authenticated` with their claims, for one transaction. Row security
 * then decides what is seen, even where our own query were wrong. The access is in the audit log if and
 * only if the transaction is committed. The statements need nothing of each other's answers: with the
 * access and the commit they are one round trip. Throws `session_invalid` where the person was deleted.
 */
export async function readAs<T extends readonly unknown[]>(
  db: Database,
  access: Access,
  send: Send<T>,
): Promise<T> {
  return await reading(db, (sql) => beginAccess(sql, access), send, ahead(access));
}

/** Reads what the answers of `readAs` ask for, in a transaction of its own: the access is written down. */
export async function readOnAs<T extends readonly unknown[]>(
  db: Database,
  { claims }: Pick<Access, "claims">,
  send: Send<T>,
): Promise<T> {
  const begin = (sql: Sql) => sql`select raphael_private.begin_reading(${JSON.stringify(claims)})`;
  return await reading(db, begin, send);
}

/** What goes ahead of an access. */
export function ahead({ budget }: Pick<Access, "budget">): ((sql: Sql) => Statement) | undefined {
  return budget && ((sql) => takeAhead(sql, budget));
}

type Send<T extends readonly unknown[]> = (
  sql: Sql,
) => { readonly [K in keyof T]: Statement<T[K]> };

async function reading<T extends readonly unknown[]>(
  db: Database,
  begin: (sql: Sql) => Statement,
  send: Send<T>,
  before?: (sql: Sql) => Statement,
): Promise<T> {
  // SAFETY: the answers stand in the order of what was sent, behind that of `begin`.
  const [, ...answers] = await refuseGone(
    db.pipeline<readonly unknown[]>((sql) => [begin(sql), ...send(sql)] as never, before),
  );
  return answers as unknown as T;
}

/** A session outlives its person by an hour at the most; nobody reads with it. */
export async function refuseGone<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isRaised(error, "personGone")) throw error;
    throw new ProblemError("session_invalid", "Cannot use the session: the person is gone");
  }
}

/** From here on the transaction is the person's. */
export function beginAccess(sql: Sql, access: Access) {
  return sql`
    select raphael_private.begin_access(
      ${JSON.stringify(access.claims)}, ${access.action}, ${
    sql.json(detailsOf(access))
  }, ${access.requestId}
    )`;
}

/** What the audit log keeps beside who, when and what: nothing of what was found. */
export function detailsOf({ metrics, since, until }: Access) {
  const time = (at: Date | string) => typeof at === "string" ? at : at.toISOString();
  return {
    ...(metrics ? { metrics } : {}),
    ...(since === undefined ? {} : { since: time(since) }),
    ...(until === undefined ? {} : { until: time(until) }),
  };
}
