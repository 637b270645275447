import assert from "node:assert/strict";
import { toHex, utf8 } from "@shared/core/bytes.ts";
import type { Sql } from "postgres";

/** Fails where one of `secrets` stands in any column of our tables, as text or as bytes. */
export async function assertNotStored(admin: Sql, secrets: Iterable<string>): Promise<void> {
  const patterns = [...secrets].flatMap((text) => [`%${text}%`, `%${toHex(utf8(text))}%`]);
  const tables = await admin<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name
    from pg_tables where schemaname in ('raphael', 'raphael_private')`;
  assert.ok(tables.length > 0);
  for (const { name } of tables) {
    const rows = await admin`
      select from ${admin.unsafe(name)} t where t::text like any(${patterns}::text[]) limit 1`;
    assert.equal(rows.length, 0, `${name} holds a secret in the clear`);
  }
}
