import postgres from "postgres";
import type { Secret } from "../core/secret.ts";

/** Tells an idle worker of new jobs. Best effort: whoever listens polls all the same. */
export interface Listener {
  /** `news` hears the ids of queues that jobs were added to. */
  onNews(news: (queues: readonly number[]) => void): void;
  /**
   * Asks to be told of what is added from now on; true where that is new, so that the queue is to be
   * looked at once more. Never waits long, and never throws: false where no session can be had.
   */
  attend(): Promise<boolean>;
  /** Asks not to be told: adding jobs costs less where nobody has to be. */
  rest(): void;
  close(): Promise<void>;
}

/** Held shared by sessions to be told; `wake_workers()` tries it. */
const ATTENDING = 7236102;
const OPEN_AGAIN_MS = 1_000;
const ANSWER_MS = 1_000;

/**
 * Listens on a session of its own, which a pooler in transaction mode cannot give. A lost session costs
 * nothing but time: the next `attend` opens another. The driver's own `listen` is not used: it hides its
 * session, and the lock has to be that session's, so that it ends with it.
 */
export function createListener(url: Secret): Listener {
  let news: (queues: readonly number[]) => void = () => {};
  let session: postgres.Sql | undefined;
  let attending = false;
  let asking: Promise<boolean> | undefined;
  let openedAt = -Infinity;
  /** Of the sessions that were lost. */
  let ended: Promise<unknown> = Promise.resolve();

  function open(): void {
    if (session || performance.now() - openedAt < OPEN_AGAIN_MS) return;
    openedAt = performance.now();
    const options = {
      max: 1,
      fetch_types: false,
      prepare: false,
      connect_timeout: 5,
      max_lifetime: null,
      onnotice: () => {},
      connection: { application_name: "raphael-listen" },
      // Read by the driver, and missing in its types.
      onnotify: (_channel: string, payload: string) => news(payload.split(",").map(Number)),
      onclose: () => lose(mine),
    };
    const mine = postgres(url.reveal(), options);
    session = mine;
    mine`listen raphael_jobs`.catch(() => lose(mine));
  }

  function lose(lost: postgres.Sql): void {
    if (lost !== session) return;
    session = undefined;
    attending = false;
    ended = Promise.allSettled([ended, lost.end({ timeout: 0 })]);
  }

  async function hold(mine: postgres.Sql): Promise<boolean> {
    let late: ReturnType<typeof setTimeout> | undefined;
    const held = mine`select pg_advisory_lock_shared(${ATTENDING})`.then(() => true, () => false);
    const slow = new Promise<false>((resolve) => {
      late = setTimeout(() => resolve(false), ANSWER_MS);
    });
    const answer = await Promise.race([held, slow]);
    clearTimeout(late);
    if (answer) attending = session === mine;
    else lose(mine);
    return attending;
  }

  return {
    onNews: (told) => news = told,
    async attend() {
      if (attending) return false;
      open();
      if (!session) return false;
      asking ??= hold(session).finally(() => asking = undefined);
      return await asking;
    },
    rest() {
      if (!attending || !session) return;
      const mine = session;
      attending = false;
      mine`select pg_advisory_unlock_shared(${ATTENDING})`.catch(() => lose(mine));
    },
    async close() {
      const last = session;
      session = undefined;
      await Promise.all([ended, last?.end({ timeout: 1 })]);
    },
  };
}
