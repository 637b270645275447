import type { Sql } from "postgres";
import { activateAccount, reserveAccount } from "@shared/db/accounts.ts";
import type { Sql as AnySql } from "@shared/db/client.ts";

/** A user of the project, as its sign-in makes one; `admin` is the superuser's connection. */
export async function addPerson(admin: Sql): Promise<string> {
  const [row] = await admin<[{ id: string }]>`insert into auth.users default values returning id`;
  return row.id;
}

export interface TestAccount {
  readonly id: string;
  readonly userId: string;
  readonly generation: number;
}

/** A linked, open account of a person. */
export async function addAccount(
  app: AnySql,
  userId: string,
  p: { readonly provider?: string; readonly externalUserId?: string } = {},
): Promise<TestAccount> {
  const { provider = "oura", externalUserId = crypto.randomUUID() } = p;
  const { id } = await reserveAccount(app, { userId, provider, region: "", externalUserId });
  return { id, userId, generation: await activateAccount(app, id, {}) };
}

/** Runs `work` `count` times at once; what each gave, or the error it threw. */
export async function atOnce<T>(count: number, work: (n: number) => Promise<T>) {
  const settled = await Promise.allSettled(Array.from({ length: count }, (_, n) => work(n)));
  return {
    values: settled.flatMap((one) => one.status === "fulfilled" ? [one.value] : []),
    errors: settled.flatMap((one) => one.status === "rejected" ? [one.reason] : []),
  };
}

/** A predicate for `assert.rejects`: raised by our own SQL with this SQLSTATE. */
export function raised(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Error && "code" in error && error.code === code;
}

/** Rows that compare as plain arrays: the driver's own have a prototype of theirs. */
export function plain<T extends object>(rows: readonly T[]): T[] {
  return rows.map((row) => ({ ...row }));
}
