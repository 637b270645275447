import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database, type Sql } from "@shared/db/client.ts";
import { listMetrics, type MetricRow } from "@shared/metrics/query.ts";
import { type TestDatabase, withDatabase } from "./database.ts";

export interface Readers extends TestDatabase {
  /** As the functions hold it. */
  readonly db: Database;
}

export async function withReaders(use: (readers: Readers) => Promise<void>): Promise<void> {
  await withDatabase(async (database) => {
    const db = connect({ url: new Secret(database.appUrl), max: 2, prepare: true });
    try {
      await use({ ...database, db });
    } finally {
      await db.close();
    }
  });
}

/** The session of a person, as a query takes it. */
export const as = (userId: string) => ({
  claims: { sub: userId, role: "authenticated" },
  requestId: "request-of-a-test",
});

/** Time to the minute, code and value. */
export const shown = (rows: readonly MetricRow[]) =>
  rows.map(({ ts, metric, value }) => [ts.slice(0, 16), metric, value]);

/** Every page of `limit` rows. */
export async function pages(db: Database, query: Parameters<typeof listMetrics>[1]) {
  const rows: MetricRow[] = [];
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const page = await listMetrics(db, { ...query, ...(cursor ? { cursor } : {}) });
    assert.ok(page.rows.length <= query.limit);
    rows.push(...page.rows);
    cursor = page.nextCursor;
  }
  return rows;
}

/** Sessions of this database that are in `pg_sleep`. */
export const sleeping = (admin: Sql) =>
  admin`select from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()
        and state = 'active' and datname = current_database()`;
