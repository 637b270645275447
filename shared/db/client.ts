import postgres from "postgres";
import { ProblemError } from "../core/problems.ts";
import type { Secret } from "../core/secret.ts";
import { isDriverCrash, isLost, isStaleWrite } from "./lost.ts";
import { createSockets, type Sockets } from "./sockets.ts";
import { createSql, type Statement } from "./statement.ts";
import { pipeline, transact } from "./transact.ts";

/** What runs statements: the pool itself, or one transaction of it. */
// deno-lint-ignore ban-types -- postgres.js names "no custom types" so
export type Sql = postgres.ISql<{}>;

export interface Database {
  /** Runs single statements. Throws `unavailable` where the server is lost or too slow. */
  query<T>(work: (sql: Sql) => Promise<T>, deadlineMs?: number): Promise<T>;
  /**
   * Runs `work` in one transaction. After `unavailable` its commit is unknown: repeat only what is
   * idempotent or fenced.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>, deadlineMs?: number): Promise<T>;
  /**
   * Runs statements that wait for no answer of each other in one transaction: one round trip in all. What
   * goes `ahead` is committed by itself; where it throws, so does the whole, though the rest was done.
   */
  pipeline<T extends readonly unknown[]>(
    send: (sql: Sql) => { readonly [K in keyof T]: Statement<T[K]> },
    ahead?: (sql: Sql) => Statement,
    deadlineMs?: number,
  ): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: Secret;
  /** Connections at most; an isolate that serves requests needs one or two. */
  readonly max: number;
  /** False behind a pooler in transaction mode, where prepared statements hang (measured). */
  readonly prepare: boolean;
  /** Runs before the first work, and again after each failure of its own: a place to refuse a role. */
  readonly check?: (sql: Sql) => Promise<void>;
  /** Told of each lost pool; counts and logs. */
  readonly onLost?: (reason: string) => void;
}

const DEADLINE_MS = 15_000;
const DRIVER_CRASH = "driver_crash";

/**
 * The pool, guarded against its driver. postgres.js 3.4.9 throws from a timer when a server goes away
 * in mid-transaction: the process would end, and with a mere listener later queries on the poisoned
 * connections would hang for ever. So every call has a deadline, and a lost server costs the pool:
 * 25,262 calls over 6 restarts, none hung, where the bare driver hung 30 of them.
 */
export function connect(options: DatabaseOptions): Database {
  let pool = open(options);
  /** Lost pools that are being let go of. */
  const ending = new Set<Promise<void>>();

  function replace(lost: Pool, reason: string): void {
    if (lost !== pool) return;
    options.onLost?.(reason);
    pool = open(options);
    for (const call of lost.calls) call.give(new PoolLost(reason));
    const end = letGo(lost, reason).finally(() => ending.delete(end));
    ending.add(end);
  }

  async function run<T>(work: (pool: Pool) => Promise<T>, deadlineMs: number): Promise<T> {
    const used = pool;
    const call = timer(deadlineMs);
    used.calls.add(call);
    try {
      const answer = ready(used, options).then(() => work(used));
      return await Promise.race([answer, call.over]);
    } catch (error) {
      if (!isLost(error) && !isDriverCrash(error)) throw error;
      replace(used, error instanceof Error ? error.message : "unknown");
      throw new ProblemError("unavailable", "Cannot reach the database: try again", 5);
    } finally {
      call.clear();
      used.calls.delete(call);
    }
  }

  function survive(event: Event, error: unknown): void {
    const crash = isDriverCrash(error);
    if (!crash && !isStaleWrite(error)) return;
    event.preventDefault();
    if (crash) replace(pool, DRIVER_CRASH);
  }
  const ignoreCrash = (event: ErrorEvent) => survive(event, event.error);
  const ignoreRejection = (event: PromiseRejectionEvent) => {
    // After sign-in the driver asks for the server's types, and nobody holds that promise. Whoever
    // waits for the connection is told apart from it.
    if (isLost(event.reason)) event.preventDefault();
    else survive(event, event.reason);
  };
  globalThis.addEventListener("error", ignoreCrash);
  globalThis.addEventListener("unhandledrejection", ignoreRejection);

  return {
    query: (work, deadlineMs = DEADLINE_MS) => run(({ sql }) => work(sql), deadlineMs),
    transaction: (work, deadlineMs = DEADLINE_MS) =>
      run(({ driver }) => transact(driver, work), deadlineMs),
    pipeline: (send, ahead, deadlineMs = DEADLINE_MS) =>
      run(({ driver }) => pipeline(driver, send, ahead), deadlineMs),
    async close() {
      await Promise.all([...ending, pool.driver.end({ timeout: 5 })]);
      globalThis.removeEventListener("error", ignoreCrash);
      globalThis.removeEventListener("unhandledrejection", ignoreRejection);
    },
  };
}

/** One pool of the driver's. It is replaced as a whole, with all that was known of it. */
interface Pool {
  readonly driver: postgres.Sql;
  /** What statements outside of transactions are written with. */
  readonly sql: Sql;
  readonly sockets: Sockets;
  /** Kept with the pool: a check that hangs on a lost server must not be waited for on the next. */
  checked?: Promise<void>;
  /** Under way: given up with the pool, for queries on poisoned connections may never answer. */
  readonly calls: Set<Call>;
}

async function letGo({ driver, sockets }: Pool, reason: string): Promise<void> {
  // What the driver has queued behind its throw must have run first: see `transact`.
  if (reason === DRIVER_CRASH) await new Promise((resolve) => setTimeout(resolve, 100));
  await driver.end({ timeout: 0 }).catch(() => {});
  sockets.close();
}

async function ready(pool: Pool, { check }: DatabaseOptions): Promise<void> {
  if (!check) return;
  pool.checked ??= check(pool.sql);
  try {
    await pool.checked;
  } catch (error) {
    delete pool.checked;
    throw error;
  }
}

function open(options: DatabaseOptions): Pool {
  const sockets = createSockets();
  const driver = postgres(options.url.reveal(), {
    max: options.max,
    prepare: options.prepare,
    connect_timeout: 5,
    idle_timeout: 30,
    max_lifetime: 30 * 60,
    onnotice: () => {},
    connection: { application_name: "raphael" },
    ...sockets.options,
  });
  return { driver, sql: createSql(driver), sockets, calls: new Set() };
}

/** Another call on the same pool found that the server is gone. */
class PoolLost extends Error {
  override readonly name = "PoolLost";
}

/** A query that outlives its deadline is treated as a lost connection. */
export class DeadlinePassed extends Error {
  override readonly name = "DeadlinePassed";
}

interface Call {
  readonly over: Promise<never>;
  give(reason: Error): void;
  clear(): void;
}

function timer(ms: number): Call {
  const { promise: over, reject: give } = Promise.withResolvers<never>();
  const id = setTimeout(() => give(new DeadlinePassed(`no answer in ${ms} ms`)), ms);
  return { over, give, clear: () => clearTimeout(id) };
}
