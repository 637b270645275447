import { type Connection, type ConnectionOptions, createConnection } from "./connection.ts";
import { ConnectionLost, isRefused } from "./lost.ts";

export interface PoolOptions extends ConnectionOptions {
  /** Connections at most. */
  readonly max: number;
  /** Runs on each connection before its first work: opens it. */
  readonly greet: (connection: Connection) => Promise<unknown>;
  /** Told of each connection that the server had not to give. */
  readonly onRefused: (reason: string) => void;
  /** After which one that nobody used is ended; default 30 s. */
  readonly idleMs?: number;
  /** After which one is not lent again; default 30 minutes. */
  readonly oldMs?: number;
}

/** Connections, each lent to one call at a time. */
export interface Pool {
  /**
   * One that is idle, at once; else the first that is opened or given back. Rejects with what kept it
   * from opening, or where none came in `ms`.
   */
  take(ms: number): Connection | Promise<Connection>;
  giveBack(connection: Connection): void;
  /** Ends it, and opens another where one is waited for. */
  discard(connection: Connection, reason: string): void;
  /** Those that nobody uses: one that was found silent makes all of them doubtful. */
  discardIdle(reason: string): void;
  /** With the calls that have them. */
  discardAll(reason: string): void;
  /** Calls under way have some seconds to end. */
  close(): Promise<void>;
}

interface Waiter {
  readonly since: number;
  readonly until: number;
  give(connection: Connection): void;
  fail(error: Error): void;
}

const OPEN_MS = 10_000;
const CLOSE_MS = 5_000;
/** So long a call waits where the server has no connection to give and we hold none. */
const REFUSED_MS = 2_000;
/** Three workers that ask all the time would leave the server no time for those it has. */
const ASK_AGAIN_MS = 25;

export function createPool(options: PoolOptions): Pool {
  const { max, idleMs = 30_000, oldMs = 30 * 60_000 } = options;
  const connections = new Set<Connection>();
  /** Last used last: those that are not needed grow old in front. */
  const idle: { readonly connection: Connection; readonly since: number }[] = [];
  const waiting = new Set<Waiter>();
  const ending = new Set<Promise<void>>();
  let opening = 0;
  let asksAgain: ReturnType<typeof setTimeout> | undefined;
  let sweeper: ReturnType<typeof setInterval> | undefined;
  let closed = false;
  const emptied = Promise.withResolvers<void>();

  function wait(ms: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        since: performance.now(),
        until: performance.now() + ms,
        give: (connection) => end(() => resolve(connection)),
        fail: (error) => end(() => reject(error)),
      };
      const late = () => waiter.fail(new ConnectionLost(`none was free in ${ms} ms`));
      const timer = setTimeout(late, ms);
      function end(how: () => void): void {
        clearTimeout(timer);
        waiting.delete(waiter);
        how();
      }
      if (closed) return waiter.fail(new ConnectionLost("the pool is closed"));
      waiting.add(waiter);
      grow();
    });
  }

  function grow(): void {
    while (!asksAgain && opening < waiting.size && connections.size < max) void open();
  }

  async function open(): Promise<void> {
    const connection = createConnection(options);
    connections.add(connection);
    connection.onClosed = () => {
      forget(connection);
      connection.fail?.(new ConnectionLost("the connection closed"));
    };
    sweeper ??= setInterval(sweep, idleMs / 3);
    opening++;
    const patience = Math.max(...[...waiting].map(({ until }) => until)) - performance.now();
    const failed = await failureOf(options.greet(connection), Math.min(patience, OPEN_MS));
    opening--;
    if (!failed) return giveBack(connection);
    forget(connection);
    // A silent one fails nobody: who had the patience has another try.
    if (isRefused(failed)) refused(failed);
    else if (!(failed instanceof ConnectionLost)) [...waiting][0]?.fail(failed);
    discard(connection, "unopened");
  }

  /** Nothing was sent, and one of ours may be free soon: whoever waits goes on to. */
  function refused(error: Error): void {
    options.onRefused(error.message);
    const [...all] = connections.size === 0 ? waiting : [];
    for (const one of all) if (performance.now() - one.since > REFUSED_MS) one.fail(error);
    const jitterMs = ASK_AGAIN_MS * Math.random();
    asksAgain ??= setTimeout(() => {
      asksAgain = undefined;
      grow();
    }, ASK_AGAIN_MS + jitterMs);
  }

  function giveBack(connection: Connection): void {
    if (!connections.has(connection)) return;
    if (closed || performance.now() - connection.openedAt > oldMs) {
      return letGo(connection, connection.end());
    }
    const [next] = waiting;
    if (next) next.give(connection);
    else idle.push({ connection, since: performance.now() });
  }

  function forget(connection: Connection): void {
    if (!connections.delete(connection)) return;
    const at = idle.findIndex((one) => one.connection === connection);
    if (at >= 0) idle.splice(at, 1);
    if (connections.size > 0) return;
    clearInterval(sweeper);
    sweeper = undefined;
    if (closed) emptied.resolve();
  }

  function letGo(connection: Connection, ended: Promise<void>): void {
    const end = ended.finally(() => ending.delete(end));
    ending.add(end);
    forget(connection);
    grow();
  }

  function discard(connection: Connection, reason: string): void {
    letGo(connection, connection.destroy(reason));
  }

  function sweep(): void {
    const until = performance.now() - idleMs;
    for (const { connection, since } of [...idle]) {
      if (since < until) letGo(connection, connection.end());
    }
  }

  return {
    take: (ms) => idle.pop()?.connection ?? wait(ms),
    giveBack,
    discard,
    discardIdle(reason) {
      for (const { connection } of [...idle]) discard(connection, reason);
    },
    discardAll(reason) {
      for (const connection of [...connections]) {
        connection.fail?.(new ConnectionLost(reason));
        discard(connection, reason);
      }
    },
    async close() {
      closed = true;
      for (const one of [...waiting]) one.fail(new ConnectionLost("the pool is closed"));
      for (const { connection } of [...idle]) letGo(connection, connection.end());
      if (connections.size === 0) emptied.resolve();
      const late = setTimeout(() => this.discardAll("the pool is closed"), CLOSE_MS);
      await emptied.promise;
      clearTimeout(late);
      clearTimeout(asksAgain);
      await Promise.all(ending);
    },
  };
}

/** What kept `greeting` from being answered in time; undefined where nothing did. */
async function failureOf(greeting: Promise<unknown>, ms: number): Promise<Error | undefined> {
  const { promise: silence, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ConnectionLost("no greeting")), ms);
  try {
    await Promise.race([greeting, silence]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error("Cannot open a connection", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
