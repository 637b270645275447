import assert from "node:assert/strict";
import { jobRecord, type NewJob } from "@shared/db/jobs.ts";
import type { Sql } from "@shared/db/client.ts";

/**
 * What jobs did. The ledger has no unique key and the counter only adds, so an effect that commits
 * twice shows in both.
 */
const TABLES = `
  create schema faults;
  create table faults.runs (
    id bigint generated always as identity primary key, name text not null, pid int not null);
  create index on faults.runs (name);
  create table faults.ledger (
    id bigint generated always as identity primary key, name text not null, pid int not null,
    attempt int not null, at timestamptz not null default clock_timestamp());
  create table faults.counter (pid int primary key, n bigint not null);
  create table faults.topics (name text primary key, version int not null, applied int not null);
  grant usage on schema faults to raphael_app;
  grant select, insert, update on all tables in schema faults to raphael_app;`;

export async function createLedger(admin: Sql): Promise<void> {
  await admin.unsafe(TABLES);
  // Retries in tenths of a second instead of seconds: the same code, another clock.
  await admin`update raphael_private.queues set backoff_seconds = 0.1`;
}

/** A job begins. Committed at once: it says who held what when the process died. */
export async function noteRun(sql: Sql, name: string): Promise<void> {
  await sql`insert into faults.runs (name, pid) values (${name}, ${Deno.pid})`;
}

/**
 * The effect: not idempotent on purpose. A row a process: where all shared some, batches locked them in
 * different orders, and most of a run was the server finding deadlocks, a second each.
 */
export async function applyEffect(sql: Sql, name: string, attempt: number): Promise<void> {
  await sql`insert into faults.ledger (name, pid, attempt) values (${name}, ${Deno.pid}, ${attempt})`;
  await sql`
    insert into faults.counter as c (pid, n) values (${Deno.pid}, 1)
    on conflict (pid) do update set n = c.n + 1`;
}

/** Two queues share the load: names are `a:…` or `b:…`; a UUID is an account whose token is refreshed. */
export function jobOf(name: string): NewJob {
  const accountId = "00000000-0000-4000-8000-000000000000";
  if (name.startsWith("a:")) return { kind: "webhook.process", payload: { eventId: name } };
  if (name.startsWith("b:")) {
    return { kind: "sync.record", payload: { accountId, resource: "faults", recordId: name } };
  }
  return { kind: "token.refresh", payload: { accountId: name } };
}

/** The name that `jobOf` made a job of. */
export function nameOf(payload: unknown): string {
  // SAFETY: the three kinds above.
  const { eventId, recordId, accountId } = payload as Record<string, string | undefined>;
  return eventId ?? recordId ?? accountId ?? "";
}

/** More than any run of bad luck with killed workers. */
const MANY_ATTEMPTS = 1_000;

/**
 * Enqueues by the real function. Attempts are many where every second worker is killed: a job that was
 * alone with its worker is charged for the kill, rightly, and the subject here is loss and doubling.
 */
export async function enqueueNamed(
  sql: Sql,
  names: readonly string[],
  maxAttempts = MANY_ATTEMPTS,
): Promise<void> {
  const records = names.map(jobOf).map(jobRecord).map((record) => ({
    ...record,
    max_attempts: maxAttempts,
  }));
  await sql`select raphael_private.enqueue_jobs(${sql.json(records)})`;
}

export interface Check {
  readonly waiting: number;
  readonly dead: number;
  readonly effects: number;
  readonly lost: number;
  readonly doubled: number;
  readonly counter: number;
}

/** `count` names, numbered from `first`, half of them in each queue. */
export function namesOf(count: number, first = 0): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${i % 2 ? "a" : "b"}:${first + i}`);
}

/** I1 and I2 of the fault plan, by names instead of states: finished jobs leave the queue. */
export async function check(admin: Sql, names: readonly string[]): Promise<Check> {
  const [row] = await admin<[Check]>`
    select
      (select count(*)::int from raphael_private.sync_jobs) as waiting,
      (select count(*)::int from raphael_private.dead_jobs) as dead,
      (select count(*)::int from faults.ledger) as effects,
      (select count(*)::int from unnest(${[...names]}::text[]) as n (name)
        where not exists (select from faults.ledger l where l.name = n.name)) as lost,
      (select count(*)::int from (select name from faults.ledger group by name having count(*) > 1) d) as doubled,
      (select coalesce(sum(n), 0)::int from faults.counter) as counter`;
  return row;
}

export function assertExact(found: Check, jobs: number): void {
  assert.deepEqual(found, {
    waiting: 0,
    dead: 0,
    effects: jobs,
    lost: 0,
    doubled: 0,
    counter: jobs,
  });
}

/** Jobs that a process holds, by the last run of each: what a kill at this moment would hit. */
export async function heldBy(admin: Sql, pid: number): Promise<number> {
  const [row] = await admin<[{ held: number }]>`
    select count(*)::int as held
    from raphael_private.sync_jobs j
    cross join lateral (
      select r.pid from faults.runs r
      where r.name = coalesce(
        j.payload ->> 'eventId', j.payload ->> 'recordId', j.payload ->> 'accountId')
      order by r.id desc limit 1
    ) r
    where j.leased_until is not null and r.pid = ${pid}`;
  return row.held;
}

export async function waitingJobs(admin: Sql): Promise<number> {
  const [row] = await admin<
    [{ n: number }]
  >`select count(*)::int as n from raphael_private.sync_jobs`;
  return row.n;
}
