import { createLink, type Link, type LinkOptions } from "./link.ts";
import { ConnectionLost, isRefused } from "./lost.ts";

export interface PoolOptions extends LinkOptions {
  /** Connections at most; an isolate that serves requests needs one or two. */
  readonly max: number;
  /** Runs on each connection before its first work: opens it. */
  readonly greet: (link: Link) => Promise<unknown>;
  /** Told of each connection that the server had not to give. */
  readonly onRefused: (reason: string) => void;
}

/** Connections, each lent to one call at a time. */
export interface Pool {
  /**
   * One that is idle, at once; else the first that is opened or given back. Rejects with what kept it
   * from opening, or where none came in `ms`.
   */
  take(ms: number): Link | Promise<Link>;
  giveBack(link: Link): void;
  /** Ends it, and opens another where one is waited for. */
  discard(link: Link, reason: string): void;
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
  give(link: Link): void;
  fail(error: Error): void;
}

const OPEN_MS = 10_000;
const CLOSE_MS = 5_000;
const IDLE_MS = 30_000;
const OLD_MS = 30 * 60_000;
/** So long a call waits where the server has no connection to give and we hold none. */
const REFUSED_MS = 2_000;
/** Three workers that ask all the time would leave the server no time for those it has. */
const ASK_AGAIN_MS = 25;

export function createPool(options: PoolOptions): Pool {
  const links = new Set<Link>();
  /** Last used last: those that are not needed grow old in front. */
  const idle: { readonly link: Link; readonly since: number }[] = [];
  const waiting = new Set<Waiter>();
  const ending = new Set<Promise<void>>();
  let opening = 0;
  let asksAgain: ReturnType<typeof setTimeout> | undefined;
  let sweeper: ReturnType<typeof setInterval> | undefined;
  let onEmpty: (() => void) | undefined;

  function wait(ms: number): Promise<Link> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        since: performance.now(),
        until: performance.now() + ms,
        give: (link) => end(() => resolve(link)),
        fail: (error) => end(() => reject(error)),
      };
      const late = () => waiter.fail(new ConnectionLost(`none was free in ${ms} ms`));
      const timer = setTimeout(late, ms);
      function end(how: () => void): void {
        clearTimeout(timer);
        waiting.delete(waiter);
        how();
      }
      if (onEmpty) return waiter.fail(new ConnectionLost("the pool is closed"));
      waiting.add(waiter);
      grow();
    });
  }

  function grow(): void {
    while (!asksAgain && opening < waiting.size && links.size < options.max) void open();
  }

  async function open(): Promise<void> {
    const link = createLink(options);
    links.add(link);
    link.onClosed = () => {
      forget(link);
      link.fail?.(new ConnectionLost("the connection closed"));
    };
    sweeper ??= setInterval(sweep, IDLE_MS / 3);
    opening++;
    const patience = Math.max(...[...waiting].map(({ until }) => until)) - performance.now();
    const failed = await failureOf(options.greet(link), Math.min(patience, OPEN_MS));
    opening--;
    if (!failed) return giveBack(link);
    forget(link);
    // A silent one fails nobody: who had the patience has another try.
    if (isRefused(failed)) refused(failed);
    else if (!(failed instanceof ConnectionLost)) [...waiting][0]?.fail(failed);
    discard(link, "unopened");
  }

  /** Nothing was sent, and one of ours may be free soon: whoever waits goes on to. */
  function refused(error: Error): void {
    options.onRefused(error.message);
    const [...all] = links.size === 0 ? waiting : [];
    for (const one of all) if (performance.now() - one.since > REFUSED_MS) one.fail(error);
    const jitterMs = ASK_AGAIN_MS * Math.random();
    asksAgain ??= setTimeout(() => {
      asksAgain = undefined;
      grow();
    }, ASK_AGAIN_MS + jitterMs);
  }

  function giveBack(link: Link): void {
    if (!links.has(link)) return;
    if (onEmpty || performance.now() - link.openedAt > OLD_MS) return letGo(link, link.end());
    const [next] = waiting;
    if (next) next.give(link);
    else idle.push({ link, since: performance.now() });
  }

  function forget(link: Link): void {
    if (!links.delete(link)) return;
    const at = idle.findIndex((one) => one.link === link);
    if (at >= 0) idle.splice(at, 1);
    if (links.size > 0) return;
    clearInterval(sweeper);
    sweeper = undefined;
    onEmpty?.();
  }

  function letGo(link: Link, ended: Promise<void>): void {
    const end = ended.finally(() => ending.delete(end));
    ending.add(end);
    forget(link);
    grow();
  }

  function discard(link: Link, reason: string): void {
    letGo(link, link.destroy(reason));
  }

  function sweep(): void {
    const until = performance.now() - IDLE_MS;
    for (const { link, since } of [...idle]) if (since < until) letGo(link, link.end());
  }

  return {
    take: (ms) => idle.pop()?.link ?? wait(ms),
    giveBack,
    discard,
    discardIdle(reason) {
      for (const { link } of [...idle]) discard(link, reason);
    },
    discardAll(reason) {
      for (const link of [...links]) {
        link.fail?.(new ConnectionLost(reason));
        discard(link, reason);
      }
    },
    async close() {
      const empty = new Promise<void>((resolve) => onEmpty = resolve);
      for (const one of [...waiting]) one.fail(new ConnectionLost("the pool is closed"));
      for (const { link } of [...idle]) letGo(link, link.end());
      if (links.size === 0) onEmpty?.();
      const late = setTimeout(() => this.discardAll("the pool is closed"), CLOSE_MS);
      await empty;
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
