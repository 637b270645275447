import type { Sql } from "./client.ts";
import type { Connection } from "./connection.ts";
import { isLost } from "./lost.ts";
import type { Statement } from "./statement.ts";

/**
 * In place of the driver's `begin`, which sends its rollback on a connection that is gone: that is the
 * write that throws from a timer, and on Deno 2.9 a throw there breaks `setImmediate` for the process.
 */
export async function transact<T>(
  { driver, sql }: Connection,
  work: (tx: Sql) => Promise<T>,
): Promise<T> {
  try {
    await driver.unsafe("begin");
    const answer = await work(sql);
    const { command } = await driver.unsafe("commit");
    assertCommitted(command);
    return answer;
  } catch (error) {
    if (isLost(error)) throw error; // and there is nothing to roll back
    await driver.unsafe("rollback");
    throw error;
  }
}

/**
 * As `transact`, with nothing waited for before the commit is on its way too. `ahead` is no part of the
 * transaction: what it locks it lets go of at once.
 */
export async function pipeline<T extends readonly unknown[]>(
  { driver, sql }: Connection,
  statements: (tx: Sql) => { readonly [K in keyof T]: Statement<T[K]> },
  ahead?: (tx: Sql) => Statement,
): Promise<T> {
  // Where one fails the server refuses those behind it and answers the commit with a rollback: the
  // transaction is over either way.
  const begin = driver.unsafe("begin");
  const commit = driver.unsafe("commit");
  const before = ahead ? [ahead(sql)] : [];
  const settled = await send([...before, begin, ...statements(sql), commit]);
  for (const one of settled) if (one.status === "rejected" && isLost(one.reason)) throw one.reason;
  const answers = check(settled);
  assertCommitted((await commit).command);
  // SAFETY: what is between the two is what `statements` gave, in its order.
  return answers.slice(before.length + 1, -1) as unknown as T;
}

function send(statements: readonly Statement[]): Promise<PromiseSettledResult<unknown>[]> {
  return Promise.allSettled(statements.map((statement) => statement.execute()));
}

/** What all gave. Throws what the first gave that failed: those behind it fail because of it. */
function check(settled: readonly PromiseSettledResult<unknown>[]): readonly unknown[] {
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

/** The server answers so where a statement failed and nobody noticed. */
function assertCommitted(command: string): void {
  if (command !== "COMMIT") throw new Error("Cannot commit: a statement failed");
}
