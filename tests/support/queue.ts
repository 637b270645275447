import type { Sql } from "postgres";
import { claim, type ClaimedJob, enqueue, type NewJob } from "@shared/db/jobs.ts";
import type { Sql as AnySql } from "@shared/db/client.ts";
import { plain } from "./people.ts";

/** A job of the first queue under a key of the test's own. */
export function job(name: string, more: Partial<Pick<NewJob, "priority" | "delaySeconds">> = {}) {
  return { kind: "webhook.subscribe", payload: { provider: name }, ...more } as const;
}

export const QUEUE = "health-sync" as const;

export function nameOf({ payload }: ClaimedJob): string {
  return typeof payload === "object" && payload && "provider" in payload
    ? String(payload.provider)
    : "?";
}

export async function claimSome(
  sql: AnySql,
  p: { readonly limit?: number; readonly solo?: boolean } = {},
): Promise<ClaimedJob[]> {
  const { limit = 10, solo = false } = p;
  return [...(await claim(sql, { queue: QUEUE, limit, leaseSeconds: 60, solo })).jobs];
}

/** Enqueues one job and claims it. */
export async function claimed(sql: AnySql, name: string): Promise<ClaimedJob> {
  await enqueue(sql, [job(name)]);
  return await claimOne(sql);
}

export async function claimOne(sql: AnySql, solo = false): Promise<ClaimedJob> {
  const [one] = await claimSome(sql, { limit: 1, solo });
  if (!one) throw new Error("Cannot claim: nothing is due");
  return one;
}

/** As if the lease's time were over: its worker died or stalls. */
export async function expireLeases(admin: Sql): Promise<void> {
  await admin`
    update raphael_private.sync_jobs set leased_until = now() - interval '1 second'
    where leased_until is not null`;
}

/** As if every pause were over. */
export async function makeDue(admin: Sql): Promise<void> {
  await admin`update raphael_private.sync_jobs set run_at = now() - interval '1 second'`;
}

export interface JobRow {
  readonly name: string;
  readonly queue: number;
  readonly priority: number;
  readonly attempt: number;
  readonly rerun: boolean;
  readonly cursor: string | null;
  readonly leased: boolean;
  /** Seconds until it runs. */
  readonly waits: number;
  readonly last_error: string | null;
}

/** The queue as it stands, by name. */
export async function jobRows(admin: Sql): Promise<JobRow[]> {
  return plain(
    await admin<JobRow[]>`
      select payload ->> 'provider' as name, queue, priority, attempt, rerun, cursor, last_error,
             leased_until is not null as leased, extract(epoch from run_at - now())::float8 as waits
      from raphael_private.sync_jobs order by 1`,
  );
}

export interface DeadRow {
  readonly name: string;
  readonly error_class: string;
  readonly attempt: number;
}

export async function deadRows(admin: Sql): Promise<DeadRow[]> {
  return plain(
    await admin<DeadRow[]>`
      select payload ->> 'provider' as name, error_class, attempt
      from raphael_private.dead_jobs order by 1`,
  );
}
