/** Stands for pg_net's background worker where the extension is absent: sends what was committed. */
import postgres from "postgres";
import type { Database } from "@shared/db/client.ts";

export interface Relay {
  stop(): Promise<void>;
}

interface Queued {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string> | null;
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly timeout_milliseconds: number;
}

interface Answer {
  readonly id: string;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly content?: string;
  readonly timedOut: boolean;
  readonly error?: string;
}

/** As pg_net: this many at once. */
const BATCH = 200;
/** For a notice that was lost while the connection was. */
const POLL = 2_000;

/** Sends at each notice; never twice, never again: pg_net does not retry either. */
export async function startRelay(url: string, database: Database): Promise<Relay> {
  const sending = new Set<Promise<void>>();

  async function drain(): Promise<void> {
    const queued = await database.query((sql) =>
      sql<Queued[]>`
        delete from net.http_request_queue where id in (
          select id from net.http_request_queue order by id limit ${BATCH} for update skip locked)
        returning id::text, method, url, headers, body, timeout_milliseconds`
    );
    if (queued.length === BATCH) again = true;
    for (const request of queued) {
      const sent = send(request).finally(() => sending.delete(sent));
      sending.add(sent);
    }
  }

  async function send(request: Queued): Promise<void> {
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers: request.headers ?? {},
        body: request.body,
        signal: AbortSignal.timeout(request.timeout_milliseconds),
      });
      const headers = Object.fromEntries(response.headers);
      const content = await response.text();
      await record({ id: request.id, status: response.status, headers, content, timedOut: false });
    } catch (error) {
      const timedOut = error instanceof DOMException && error.name === "TimeoutError";
      const reason = error instanceof Error ? error.message : "failed";
      await record({ id: request.id, timedOut, error: reason }).catch(() => {});
    }
  }

  async function record(answer: Answer): Promise<void> {
    await database.query((sql) =>
      sql`
        insert into net._http_response
          (id, status_code, content_type, headers, content, timed_out, error_msg)
        values (${answer.id}, ${answer.status ?? null}, ${answer.headers?.["content-type"] ?? null},
          ${answer.headers ? sql.json(answer.headers) : null}, ${answer.content ?? null},
          ${answer.timedOut}, ${answer.error ?? null})`
    );
  }

  /** One drain at a time, and one more for the notices that came while it ran. */
  let draining: Promise<void> | undefined;
  let again = false;
  function wake(): void {
    if (draining) {
      again = true;
      return;
    }
    draining = drain().catch(() => {
      // Postgres restarts: the poll comes back.
    }).finally(() => {
      draining = undefined;
      if (again) {
        again = false;
        wake();
      }
    });
  }

  // The third argument runs at each (re)connection: what was queued meanwhile goes out then.
  const listener = postgres(url, { max: 1, onnotice: () => {} });
  await listener.listen("net_http", wake, wake);
  const timer = setInterval(wake, POLL);
  return {
    async stop() {
      clearInterval(timer);
      await listener.end({ timeout: 1 });
      await draining;
      await Promise.all(sending);
    },
  };
}
