import postgres from "postgres";
import { ProblemError } from "../core/problems.ts";
import type { Secret } from "../core/secret.ts";
import { isDriverCrash, isLost } from "./lost.ts";

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

/**
 * The pool, guarded against its driver. postgres.js 3.4.9 throws from a timer when a server goes away
 * in mid-transaction: the process would end, and with a mere listener later queries on the poisoned
 * connections would hang for ever. So every call has a deadline, and a lost server costs the pool:
 * 25,262 calls over 6 restarts, none hung, where the bare driver hung 30 of them.
 */
export function connect(options: DatabaseOptions): Database {
  let pool = open(options);
  let checked: Promise<void> | undefined;

  function replace(lost: postgres.Sql, reason: string): void {
    if (lost !== pool) return;
    options.onLost?.(reason);
    pool = open(options);
    lost.end({ timeout: 0 }).catch(() => {});
  }

  async function ready(sql: postgres.Sql): Promise<void> {
    if (!options.check) return;
    checked ??= options.check(sql);
    try {
      await checked;
    } catch (error) {
      checked = undefined;
      throw error;
    }
  }

  async function run<T>(work: (sql: postgres.Sql) => Promise<T>, deadlineMs: number): Promise<T> {
    const used = pool;
    const deadline = timer(deadlineMs);
    try {
      return await Promise.race([ready(used).then(() => work(used)), deadline.passed]);
    } catch (error) {
      if (!isLost(error)) throw error;
      replace(used, error instanceof Error ? error.message : "unknown");
      throw new ProblemError("unavailable", "Cannot reach the database: try again", 5);
    } finally {
      deadline.clear();
    }
  }

  const ignoreCrash = (event: ErrorEvent) => {
    if (!isDriverCrash(event.error)) return;
    event.preventDefault();
    replace(pool, "driver_crash");
  };
  const ignoreRejection = (event: PromiseRejectionEvent) => {
    if (!isDriverCrash(event.reason)) return;
    event.preventDefault();
    replace(pool, "driver_crash");
  };
  globalThis.addEventListener("error", ignoreCrash);
  globalThis.addEventListener("unhandledrejection", ignoreRejection);

  return {
    query: (work, deadlineMs = DEADLINE_MS) => run((sql) => work(sql), deadlineMs),
    transaction: <T>(work: (sql: Sql) => Promise<T>, deadlineMs = DEADLINE_MS) =>
      // SAFETY: `begin` unwraps arrays of queries in its type; `work` gives a plain promise.
      run((sql) => sql.begin((tx) => work(tx)) as Promise<T>, deadlineMs),
    async close() {
      globalThis.removeEventListener("error", ignoreCrash);
      globalThis.removeEventListener("unhandledrejection", ignoreRejection);
      await pool.end({ timeout: 5 });
    },
  };
}

function open(options: DatabaseOptions): postgres.Sql {
  return postgres(options.url.reveal(), {
    max: options.max,
    prepare: options.prepare,
    connect_timeout: 5,
    idle_timeout: 30,
    max_lifetime: 30 * 60,
    onnotice: () => {},
    connection: { application_name: "raphael" },
  });
}

/** A query that outlives its deadline is treated as a lost connection. */
export class DeadlinePassed extends Error {
  override readonly name = "DeadlinePassed";
}

function timer(ms: number): { readonly passed: Promise<never>; clear(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const id = setTimeout(() => reject(new DeadlinePassed(`no answer in ${ms} ms`)), ms);
  return { passed: promise, clear: () => clearTimeout(id) };
}
