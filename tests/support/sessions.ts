import type { Normalized, SleepSession, Workout } from "@shared/catalog/normalized.ts";
import type { Sql } from "@shared/db/client.ts";
import { toBatch } from "@shared/sync/batch.ts";
import { store } from "./batches.ts";
import type { TestAccount } from "./people.ts";

/** Stores sessions as a provider of `service` tells them, each a record of its own. */
export async function storeSessions(
  sql: Sql,
  account: TestAccount,
  service: string,
  sessions: readonly (SleepSession | Workout)[],
): Promise<void> {
  const records = sessions.map((session, n) => ({
    id: session.id ?? `${session.kind}-${n}`,
    raw: {},
    items: [session as Normalized],
  }));
  await store(sql, account, toBatch(records, service), { resource: "sessions" });
}

type Rest<S> = Omit<S, "kind" | "start" | "end">;

export function sleep(start: string, end: string, rest: Rest<SleepSession> = {}): SleepSession {
  return { kind: "sleep", start: new Date(start), end: new Date(end), ...rest };
}

export function workout(start: string, end: string, rest: Rest<Workout> = {}): Workout {
  return { kind: "workout", start: new Date(start), end: new Date(end), ...rest };
}
