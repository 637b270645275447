/**
 * What spreading people over several databases rests on: all that is kept by the half million a person is
 * found by the person alone, and every key of it begins with them.
 */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { setTimeZone } from "@shared/db/days.ts";
import { batchOf, store } from "../support/batches.ts";
import { withDatabase } from "../support/database.ts";
import { addAccount, addPerson, plain } from "../support/people.ts";
import { assertRollup } from "../support/rollup.ts";

/** Whose rows are looked up by other names too, and are few: a copy of them is everywhere. */
const EVERYWHERE = ["raphael.people", "raphael.provider_accounts"];

async function keptByPerson(admin: Sql): Promise<string[]> {
  const rows = await admin<{ name: string }[]>`
    select c.oid::regclass::text as name
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_key'
    where c.relnamespace::regnamespace::text in ('raphael', 'raphael_private') and c.relkind = 'r'
    order by 1`;
  return rows.map(({ name }) => name).filter((name) => !EVERYWHERE.includes(name));
}

Deno.test("every unique key of what is kept by person begins with the person", async () => {
  await withDatabase(async ({ admin }) => {
    const tables = await keptByPerson(admin);
    assert.ok(tables.includes("raphael.samples") && tables.length >= 6);
    const keys = await admin<{ name: string; first: string }[]>`
      select i.indexrelid::regclass::text as name, a.attname as first
      from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indisunique and i.indrelid = any (${tables}::regclass[]::oid[])`;
    assert.ok(keys.length >= 5);
    assert.deepEqual(keys.filter(({ first }) => first !== "user_key"), []);
  });
});

Deno.test("a person moves to another database with all that is theirs, and goes on there", async () => {
  await withDatabase(async (from) => {
    await withDatabase(async (to) => {
      // People's numbers are given in one place; those of records and sources by each database, and there
      // somebody has the same.
      for (let n = 0; n < 2; n++) await addAccount(from.app, await addPerson(from.admin));
      const userId = await addPerson(from.admin);
      const account = await addAccount(from.app, userId);
      await setTimeZone(from.app, userId, "Europe/Berlin");
      const values = Array.from({ length: 300 }, (_, n) => ({
        at: new Date(Date.UTC(2026, 2, 28) + n * 600_000).toISOString(),
        value: 60 + n % 40,
      }));
      await store(from.app, account, batchOf([{ id: "a", values }]));
      const neighbour = await addPerson(to.admin);
      const theirs = await addAccount(to.app, neighbour, { externalUserId: "neighbour" });
      await store(to.app, theirs, batchOf([{ id: "a", values: values.slice(0, 7) }]));
      const before = await to.admin`select count(*)::int as n from raphael.samples`;

      await to.admin`insert into auth.users (id) values (${userId})`;
      for (const table of [...EVERYWHERE, ...await keptByPerson(from.admin)]) {
        const rows = await from.admin.unsafe<{ row: string }[]>(`
          select to_json(t)::text as row from ${table} t
          where user_key = (select user_key from raphael.people where user_id = '${userId}')`);
        await to.admin.unsafe(
          `insert into ${table} overriding system value
           select (json_populate_record(null::${table}, r::json)).* from unnest($1::text[]) r`,
          [rows.map(({ row }) => row)],
        );
      }

      const read = async ({ admin }: { readonly admin: Sql }) =>
        plain(
          await admin`
            select metric, start_at, value, local_date::text, day_origin, device, provider
            from raphael.readings where user_id = ${userId} order by start_at, value`,
        );
      assert.equal((await read(from)).length, 300);
      assert.deepEqual(await read(to), await read(from));
      const again = { observedAt: "2026-05-01T00:00:00Z" };
      const corrected = batchOf([{ id: "a", values: values.slice(0, 200) }]);
      assert.equal((await store(to.app, account, corrected, again)).stored, 200);
      await assertRollup(to.admin);
      const [all] = await to.admin`select count(*)::int as n from raphael.samples`;
      assert.equal(all?.["n"], before[0]?.["n"] + 200, "the neighbour has what they had");
    });
  });
});
