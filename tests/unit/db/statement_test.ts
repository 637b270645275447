import assert from "node:assert/strict";
import { createSql, madeInto, type Statement } from "@shared/db/statement.ts";
import type postgres from "postgres";

/** Stands for the driver, whose statement answers with rows. */
function driverOf(rows: readonly unknown[], error?: Error) {
  const sent: { text: string; values: readonly unknown[]; query: Record<string, unknown> }[] = [];
  const driver = {
    json: (value: unknown) => ({ json: value }),
    unsafe(text: string, values: readonly unknown[]) {
      const query: Record<string, unknown> = { args: values, parameters: values, string: text };
      sent.push({ text, values: [...values], query });
      const forEach = (each: (row: unknown) => void) => {
        query["forEachFn"] = each;
        for (const row of rows) each(row);
        return error ? Promise.reject(error) : Promise.resolve([]);
      };
      return Object.assign(query, { forEach });
    },
  };
  return { sent, sql: createSql(driver as unknown as postgres.Sql) };
}

Deno.test("createSql() puts parts together, and numbers their values in the order they stand", async () => {
  const { sql, sent } = driverOf([]);
  const part = sql`b = ${2} and ${sql`c`} = ${3}`;
  await sql`select ${1} where ${part} or ${part} limit ${4}`;
  assert.deepEqual(sent.map(({ text, values }) => [text, values]), [[
    "select $1 where b = $2 and c = $3 or b = $4 and c = $5 limit $6",
    [1, 2, 3, 2, 3, 4],
  ]]);
});

Deno.test("createSql() sends a statement once, when it is waited for or told to go", async () => {
  const { sql, sent } = driverOf([{ n: 1 }]);
  const statement = sql`select 1 as n`;
  assert.equal(sent.length, 0);
  statement.execute();
  assert.equal(sent.length, 1);
  assert.deepEqual([await statement, await statement], [[{ n: 1 }], [{ n: 1 }]]);
  assert.equal(sent.length, 1);
});

Deno.test("madeInto() makes of an answer what is asked for, and hands errors on", async () => {
  const { sql } = driverOf([{ n: 1 }, { n: 2 }]);
  const count = madeInto(
    sql<object[]>`select n` as Statement<readonly object[]>,
    (rows) => rows.length,
  );
  assert.deepEqual([await count.execute(), await count], [2, 2]);
  const refused = driverOf([], new Error("refused")).sql`select n` as Statement<unknown>;
  const made = madeInto(refused, () => assert.fail("made of nothing"));
  await assert.rejects(Promise.resolve(made), /refused/);
});

Deno.test("createSql() leaves the driver's statement with nothing, answered or refused", async () => {
  for (const error of [undefined, new Error("refused")]) {
    const { sql, sent } = driverOf([{ n: 1 }], error);
    await Promise.resolve(sql`select ${"a secret"}`).catch((caught) => assert.equal(caught, error));
    const { forEach: _, ...held } = sent[0]?.query ?? {};
    assert.ok(Object.keys(held).length > 0);
    assert.deepEqual(Object.values(held).filter((value) => value !== undefined), []);
  }
});
