/**
 * What pg_graphql reads of our schema: comments that hold `@graphql(<JSON>)`. The extension is not
 * there, so its reading of them is done here, by the expressions of both its present and its first
 * releases (https://supabase.github.io/pg_graphql/configuration, /views).
 */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { batchOf, sessionOf, store } from "../support/batches.ts";
import { addAccount, addPerson, plain } from "../support/people.ts";
import { withReaders } from "../support/readers.ts";

interface Directives {
  readonly primary_key_columns?: readonly string[];
  readonly inflect_names?: boolean;
  readonly max_rows?: number;
}

function directivesOf(comment: string): Directives {
  const [greedy, lazy] = [/@graphql\((.+)\)/s, /@graphql\((.+?)\)/s]
    .map((expression) => expression.exec(comment)?.[1]);
  assert.equal(greedy, lazy, "every release reads the same");
  return JSON.parse(greedy ?? "{}");
}

async function relations(admin: Sql) {
  return await admin<{ name: string; kind: string; comment: string; key: string[] | null }[]>`
    select c.relname::text as name, c.relkind::text as kind, obj_description(c.oid, 'pg_class') as comment,
           (select array_agg(a.attname::text) from pg_index i
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
            where i.indrelid = c.oid and i.indisprimary) as key
    from pg_class c
    where c.relnamespace = 'raphael'::regnamespace and c.relkind in ('r', 'p', 'v')
    order by 1`;
}

Deno.test("everything in raphael has a key by which pg_graphql shows it", async () => {
  await withReaders(async ({ admin }) => {
    const all = await relations(admin);
    assert.ok(all.length > 5);
    const views = all.filter(({ kind }) => kind === "v");
    assert.ok(views.length > 1);
    for (const { name, kind, key, comment } of all) {
      const { primary_key_columns: columns } = directivesOf(comment);
      if (kind !== "v") assert.ok(key, `${name} has no primary key`);
      else assert.ok(columns, `${name} does not say what identifies a row`);
    }
  });
});

const workout = (record: number, id: string) =>
  sessionOf({ record, kind: "workout", session_id: id, local_date: "2026-02-01" });

Deno.test("the columns that a view names as its key exist, and are unique", async () => {
  await withReaders(async ({ app, admin }) => {
    const alice = await addPerson(admin);
    // As alike as rows can be: one instant of several metrics, records and sources.
    for (const provider of ["oura", "garmin"]) {
      const account = await addAccount(app, alice, { provider });
      const values = ["heart_rate", "steps"].map((metric) => ({
        metric,
        at: "2026-02-01T00:00:00Z",
        value: 60,
      }));
      const told = ["a", "b"].map((id) => ({ id, values }));
      const sessions = [workout(0, "morning"), workout(0, "noon"), workout(1, "morning")];
      await store(app, account, { ...batchOf(told), sessions });
      await store(app, account, batchOf([{ id: "c", values }], { device: "other" }));
      // Laps that two other records tell of one workout.
      const laps = [0, 1].map((record) => ({
        ...workout(record, "noon"),
        kind: "laps" as const,
        laps: [],
      }));
      await store(app, account, { ...batchOf([{ id: "d" }, { id: "e" }]), sessions: laps });
    }
    const rowsOf: Record<string, number> = { readings: 12, health_metrics: 12, workouts: 6 };
    for (const { name, kind, comment } of await relations(admin)) {
      const columns = directivesOf(comment).primary_key_columns ?? [];
      if (kind !== "v") continue;
      assert.equal(columns[0], "user_key", "the key begins as the index does");
      const [row] = plain(
        await admin<{ rows: number; keys: number }[]>`
          select count(*)::int as rows, count(distinct (${admin(columns as string[])}))::int as keys
          from raphael.${admin(name)}`,
      );
      assert.deepEqual(row, { rows: rowsOf[name], keys: rowsOf[name] }, name);
    }
  });
});

Deno.test("pg_graphql inflects names, and gives pages as long as the API's", async () => {
  await withReaders(async ({ admin }) => {
    const [row] = await admin<[{ comment: string }]>`
      select obj_description('raphael'::regnamespace, 'pg_namespace') as comment`;
    assert.deepEqual(directivesOf(row.comment), { inflect_names: true, max_rows: 1_000 });
  });
});
