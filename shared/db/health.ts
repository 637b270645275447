import type { Sql } from "./client.ts";

/** One thing that is watched. Names queues, kinds, classes and providers: no person, no payload. */
export interface Condition {
  readonly name: string;
  readonly subject: string;
  /** Absent where the alert is over. */
  readonly value: number | null;
  readonly threshold: number | null;
  readonly isFiring: boolean;
}

/** Every condition. `clockSkew`: seconds between this host's clock and the database's, where known. */
export async function readHealth(sql: Sql, clockSkew: number | null): Promise<Condition[]> {
  return await sql<Condition[]>`
    select name, subject, value, threshold, is_firing as "isFiring"
    from raphael_private.health(${clockSkew})`;
}

/** Alerts that came or went since any worker asked; each is told to one of them. */
export async function takeAlerts(sql: Sql, clockSkew: number | null): Promise<Condition[]> {
  return await sql<Condition[]>`
    select name, subject, value, threshold, is_firing as "isFiring"
    from raphael_private.take_alerts(${clockSkew})`;
}

/** At least so many seconds lie between this host's clock and the database's; `now` is the host's. */
export async function measureClockSkew(sql: Sql, now: () => Date): Promise<number> {
  const asked = now().getTime();
  const [row] = await sql<[{ ms: number }]>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as ms`;
  const answered = now().getTime();
  // The database looked at some time in between: only what lies outside of it is skew.
  return Math.max(0, asked - row.ms, row.ms - answered) / 1_000;
}
