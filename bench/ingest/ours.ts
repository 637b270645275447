/** The product's own way in: records to rows, and one statement a page in its transaction. */
import type postgres from "postgres";
import { activateAccount, reserveAccount } from "@shared/db/accounts.ts";
import type { Database } from "@shared/db/client.ts";
import { ingest } from "@shared/db/records.ts";
import { toBatch } from "@shared/sync/batch.ts";
import { type Page, PEOPLE } from "./told.ts";

export interface Accounts {
  readonly ids: readonly { readonly accountId: string; readonly generation: number }[];
  /** What the statement without records writes: keys as `ingest_records` would find them. */
  readonly userKeys: readonly number[];
  readonly metricId: number;
}

/** A person with a linked account for each turn; `admin` makes users, as the project's sign-in does. */
export async function openAccounts(admin: postgres.Sql, db: Database): Promise<Accounts> {
  const ids = [];
  const userKeys = [];
  for (let n = 0; n < PEOPLE; n++) {
    const [user] = await admin<[{ id: string }]>`
      insert into auth.users default values returning id`;
    const opened = await db.query(async (sql) => {
      const { id } = await reserveAccount(sql, {
        userId: user.id,
        provider: "oura",
        region: "",
        externalUserId: `bench-${n}`,
      });
      return { accountId: id, generation: await activateAccount(sql, id, {}) };
    });
    ids.push(opened);
    const [person] = await admin<[{ key: number }]>`
      select user_key as key from raphael.people where user_id = ${user.id}`;
    userKeys.push(person.key);
  }
  const [metric] = await admin<[{ id: number }]>`
    select id from raphael.metrics where code = 'heart_rate'`;
  return { ids, userKeys, metricId: metric.id };
}

/** Everything on: raw records, newest wins, plausibility, days, rollup. */
export async function ingestPage(db: Database, accounts: Accounts, page: Page): Promise<void> {
  const writer = accounts.ids[page.person];
  if (!writer) throw new Error("Cannot ingest: more people than accounts");
  const batch = toBatch(page.records, "oura");
  const told = [{ resource: "heartrate", observedAt: "2026-11-01T00:00:00Z", batch }];
  const { stored } = await db.transaction((tx) => ingest(tx, writer, told));
  if (stored !== batch.samples.length) throw new Error(`Cannot compare: stored ${stored}`);
}

/** Samples alone, by the same arrays: what records, newest wins, days and rollup cost is the difference. */
export async function insertPage(
  db: Database,
  { userKeys, metricId }: Accounts,
  { person, records }: Page,
  firstRecord: number,
): Promise<void> {
  const samples = toBatch(records, "oura").samples;
  const starts = `{${samples.map((sample) => sample.start_ms / 1_000).join()}}`;
  const values = `{${samples.map((sample) => sample.value).join()}}`;
  const ids = `{${samples.map((sample) => firstRecord + sample.record).join()}}`;
  await db.query((sql) =>
    sql`
    insert into bench.samples_indexed
      (user_key, metric_id, start_at, source_id, record_id, value, duration_s, offset_minutes, local_date, day_origin)
    select ${
      userKeys[person] ?? 0
    }::int, ${metricId}::smallint, to_timestamp(n.at), 1, n.record, n.value, 0, 60,
           date '1970-01-01' + floor((n.at + 3600) / 86400)::int, 'r'
    from unnest(${starts}::text::float8[], ${values}::text::float8[], ${ids}::text::bigint[]) as n (at, value, record)
    on conflict do nothing`
  );
}
