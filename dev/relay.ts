/** Stands for pg_net's background worker where the extension is absent: sends what was committed. */
import type { Sql } from "postgres";

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

/** As pg_net: this many at once. */
const BATCH = 200;
/** For a notice that was lost while the connection was. */
const POLL = 2_000;

/** Sends at each notice; never twice, never again: pg_net does not retry either. */
export async function startRelay(sql: Sql): Promise<Relay> {
  const sending = new Set<Promise<void>>();

  async function drain(): Promise<void> {
    const queued = await sql<Queued[]>`
      delete from net.http_request_queue where id in (
        select id from net.http_request_queue order by id limit ${BATCH} for update skip locked)
      returning id::text, method, url, headers, body, timeout_milliseconds`;
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
      await sql`
        insert into net._http_response (id, status_code, content_type, headers, content, timed_out)
        values (${request.id}, ${response.status}, ${headers["content-type"] ?? null},
          ${sql.json(headers)}, ${content}, false)`;
    } catch (error) {
      const timedOut = error instanceof DOMException && error.name === "TimeoutError";
      const reason = error instanceof Error ? error.message : "failed";
      await sql`
        insert into net._http_response (id, timed_out, error_msg)
        values (${request.id}, ${timedOut}, ${reason})`.catch(() => {});
    }
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
  const { unlisten } = await sql.listen("net_http", wake, wake);
  const timer = setInterval(wake, POLL);
  return {
    async stop() {
      clearInterval(timer);
      await unlisten().catch(() => {});
      await draining;
      await Promise.all(sending);
    },
  };
}
