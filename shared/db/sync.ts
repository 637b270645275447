import type { Sql } from "./client.ts";

/** First poll of each resource of a fresh link. */
export async function schedulePolls(
  sql: Sql,
  accountId: string,
  polls: readonly { readonly resource: string; readonly delaySeconds: number }[],
): Promise<void> {
  await sql`
    select raphael_private.schedule_polls(
      ${accountId}, ${polls.map((poll) => poll.resource)}::text[], ${
    polls.map((poll) => poll.delaySeconds)
  }::float8[]
    )`;
}

export interface DuePoll {
  readonly accountId: string;
  /** Absent where the provider does not say what was granted. */
  readonly scopes: readonly string[] | null;
  /** Since it fell due. */
  readonly lateSeconds: number;
}

/** Accounts whose poll is due; sets their next one, so enqueue in the same transaction. */
export async function takeDuePolls(
  sql: Sql,
  p: { provider: string; resource: string; everySeconds: number; limit: number },
): Promise<DuePoll[]> {
  return await sql<DuePoll[]>`
    select account_id as "accountId", scopes, late_seconds as "lateSeconds"
    from raphael_private.take_due_polls(${p.provider}, ${p.resource}, ${p.everySeconds}, ${p.limit})`;
}

/** A window of the resource was read to its end. */
export async function noteSync(sql: Sql, accountId: string, resource: string): Promise<void> {
  await sql`select raphael_private.note_sync(${accountId}, ${resource})`;
}

/** A grant that the provider is to forget. */
export interface Revocation {
  readonly accountId: string;
  readonly userId: string;
  readonly provider: string;
  readonly region: string;
  readonly externalUserId: string;
  readonly tokenVersion: number | null;
  readonly accessCt: string | null;
  readonly refreshCt: string | null;
}

export async function readRevocation(sql: Sql, id: string): Promise<Revocation | undefined> {
  const [row] = await sql<Revocation[]>`
    select account_id as "accountId", user_id as "userId", provider, region, external_user_id as "externalUserId",
           token_version as "tokenVersion", access_ct as "accessCt", refresh_ct as "refreshCt"
    from raphael_private.read_revocation(${id})`;
  return row;
}

export async function settleRevocation(sql: Sql, id: string): Promise<void> {
  await sql`select raphael_private.settle_revocation(${id})`;
}

/** Ids of revocations that nothing works on: refused a day ago, or never queued. */
export async function dueRevocations(sql: Sql, limit: number): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from raphael_private.due_revocations(${limit}) as due (id)`;
  return rows.map((row) => row.id);
}
