import { readStatements } from "./statements.ts";

/** Where in a statement's life its sender dies. */
export const CRASH_POINTS = [
  /** The last bytes of it never left. */
  "before_statement",
  /** On its way, or being committed. */
  "before_commit",
  /** Committed, and the answer never came. */
  "after_commit",
  /** Committed, the answer is there, nobody was told. */
  "before_acknowledgement",
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

export interface CrashProxy {
  url(direct: string): string;
  /** At the next statement that `matches`, `crash` is called at this point. Resolves when it was. */
  arm(point: CrashPoint, crash: () => void): Promise<void>;
  close(): Promise<void>;
}

/** A TCP proxy before Postgres that sees how far a statement has come: no product code knows of it. */
export function openCrashProxy(target: string, matches: RegExp): CrashProxy {
  const { hostname, port } = new URL(target);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  let armed: { readonly point: CrashPoint; readonly fire: () => void } | undefined;

  function fire(): void {
    armed?.fire();
    armed = undefined;
  }

  async function pump(from: Deno.Conn, to: Deno.Conn, link: { asked: boolean }, isAnswer: boolean) {
    const buffer = new Uint8Array(65_536);
    const statements = readStatements();
    for (;;) {
      const read = await from.read(buffer);
      if (read === null) return;
      const chunk = buffer.subarray(0, read);
      const asked = !isAnswer && statements(chunk).some((text) => matches.test(text));
      if (asked && armed) link.asked = true;
      const point = link.asked ? armed?.point : undefined;
      if (asked && point === "before_statement") return fire();
      if (isAnswer && point === "after_commit") return fire();
      for (let sent = 0; sent < read;) sent += await to.write(chunk.subarray(sent));
      if (asked && point === "before_commit") return fire();
      if (isAnswer && point === "before_acknowledgement") return fire();
    }
  }

  async function forward(client: Deno.Conn): Promise<void> {
    open.add(client);
    const server = await Deno.connect({ hostname, port: Number(port) });
    open.add(server);
    const link = { asked: false };
    const ends = [pump(client, server, link, false), pump(server, client, link, true)];
    await Promise.race(ends).catch(() => {});
    end(client);
    end(server);
    await Promise.allSettled(ends);
  }

  function end(conn: Deno.Conn): void {
    if (!open.delete(conn)) return;
    try {
      conn.close();
    } catch {
      // Closed by its other end.
    }
  }

  const accepting = (async () => {
    for await (const client of listener) forward(client).catch(() => {});
  })();
  return {
    url(direct) {
      const through = new URL(direct);
      through.hostname = "127.0.0.1";
      through.port = String(listener.addr.port);
      return through.href;
    },
    arm(point, crash) {
      const { promise, resolve } = Promise.withResolvers<void>();
      armed = {
        point,
        fire() {
          crash();
          resolve();
        },
      };
      return promise;
    },
    async close() {
      listener.close();
      await accepting;
      for (const conn of [...open]) end(conn);
    },
  };
}
