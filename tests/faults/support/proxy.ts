import { readStatements } from "./statements.ts";

/** What the proxy does to its connections; the names are Toxiproxy's. */
export type Toxic =
  /** Each chunk comes so much later. */
  | { readonly kind: "latency"; readonly ms: () => number }
  /** Nobody answers: present connections end, new ones are refused. */
  | { readonly kind: "down" }
  /** Half-open: everything is swallowed, and stays so for these connections when it is over. */
  | { readonly kind: "black_hole" }
  /** Half-open from where a client asked what a statement will give: it is parsed, and never executed. */
  | { readonly kind: "parsed_only" }
  /** Chunks of so many bytes at most. */
  | { readonly kind: "slicer"; readonly bytes: number }
  /** A connection ends in mid-answer, after so many bytes of answers. */
  | { readonly kind: "limit_data"; readonly bytes: number }
  /**
   * A statement is forwarded; when the server answers, the connection ends instead: it was done, and
   * whoever asked cannot know.
   */
  | { readonly kind: "lose_answer"; readonly to: (statement: string) => boolean };

/** A TCP proxy before Postgres. */
export interface Proxy {
  /** The server's address, through the proxy. */
  url(direct: string): string;
  /** Replaces what is done to connections; nothing without an argument. */
  set(toxic?: Toxic): void;
  /** Connections that the fault met: ended, or swallowed. */
  readonly hits: number;
  /** Ends all present connections at once. */
  cut(): void;
  close(): Promise<void>;
}

interface Link {
  readonly ends: Deno.Conn[];
  answered: number;
  swallowing: boolean;
  losing: boolean;
}

export function openProxy(target: string): Proxy {
  const { hostname, port } = new URL(target);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const links = new Set<Link>();
  let [toxic, hits]: [Toxic | undefined, number] = [undefined, 0];

  function end(link: Link): void {
    if (!links.delete(link)) return;
    for (const conn of link.ends) close(conn);
  }

  function swallow(link: Link): void {
    if (link.swallowing) return;
    link.swallowing = true;
    hits++;
  }

  /** What of a chunk goes on; nothing where the connection is to end. */
  async function pass(link: Link, chunk: Uint8Array, isAnswer: boolean): Promise<Uint8Array> {
    const none = chunk.subarray(0, 0);
    if (toxic?.kind === "black_hole") swallow(link);
    if (link.swallowing) return none;
    if (isAnswer && link.losing) {
      hits++;
      end(link);
      return none;
    }
    if (toxic?.kind === "latency") {
      const ms = toxic.ms();
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    if (isAnswer) link.answered += chunk.length;
    if (isAnswer && toxic?.kind === "limit_data" && link.answered > toxic.bytes) {
      hits++;
      return chunk.subarray(0, Math.max(0, chunk.length - (link.answered - toxic.bytes)));
    }
    return chunk;
  }

  async function pump(link: Link, from: Deno.Conn, to: Deno.Conn, isAnswer: boolean) {
    const buffer = new Uint8Array(16_384);
    const statements = readStatements();
    for (;;) {
      const room = toxic?.kind === "slicer" ? toxic.bytes : buffer.length;
      const read = await from.read(buffer.subarray(0, room));
      if (read === null) break;
      const chunk = buffer.subarray(0, read);
      const asked = isAnswer ? [] : statements(chunk);
      if (toxic?.kind === "lose_answer" && asked.some(toxic.to)) link.losing = true;
      const passed = await pass(link, chunk, isAnswer);
      if (toxic?.kind === "parsed_only" && !isAnswer && endsInFlush(chunk)) swallow(link);
      for (let sent = 0; sent < passed.length;) sent += await to.write(passed.subarray(sent));
      if (passed.length < read && !link.swallowing) break;
    }
    if (!link.swallowing) end(link);
  }

  async function forward(client: Deno.Conn): Promise<void> {
    const link: Link = { ends: [client], answered: 0, swallowing: false, losing: false };
    links.add(link);
    if (toxic?.kind === "down") {
      hits++;
      return end(link);
    }
    if (toxic?.kind === "black_hole") return swallow(link);
    try {
      const server = await Deno.connect({ hostname, port: Number(port) });
      link.ends.push(server);
      if (!links.has(link)) return close(server);
      await Promise.all([pump(link, client, server, false), pump(link, server, client, true)]);
    } catch {
      // One of the two is gone, so the other goes as well.
    } finally {
      if (!link.swallowing) end(link);
    }
  }

  const cut = () => {
    for (const link of [...links]) {
      hits++;
      end(link);
    }
  };
  const accepting = (async () => {
    for await (const client of listener) forward(client);
  })();

  return {
    url(direct) {
      const through = new URL(direct);
      through.hostname = "127.0.0.1";
      through.port = String(listener.addr.port);
      return through.href;
    },
    set(next) {
      // The next fault is where TCP's keep-alive finds out about connections that were swallowed.
      for (const link of next ? links : []) if (link.swallowing) end(link);
      toxic = next;
      if (next?.kind === "down") cut();
      if (next?.kind === "black_hole") { for (const link of links) swallow(link); }
    },
    get hits() {
      return hits;
    },
    cut,
    async close() {
      listener.close();
      await accepting;
      for (const link of [...links]) end(link);
    },
  };
}

/** A driver flushes where it waits for a statement's description before it sends the parameters. */
function endsInFlush(chunk: Uint8Array): boolean {
  const [type, ...length] = chunk.subarray(-5);
  return type === 0x48 && length.join() === "0,0,0,4";
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed by its other end.
  }
}
