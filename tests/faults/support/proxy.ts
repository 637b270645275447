/** A TCP proxy before Postgres that swallows everything while it is told to: a half-open connection. */
export interface Proxy {
  /** The server's address, through the proxy. */
  url(direct: string): string;
  /** How many connections went into the hole. */
  readonly swallowed: number;
  blackHole(on: boolean): void;
  close(): Promise<void>;
}

export function openProxy(target: string): Proxy {
  const { hostname, port } = new URL(target);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  let [hole, swallowed] = [false, 0];

  async function forward(client: Deno.Conn): Promise<void> {
    open.add(client);
    if (hole) return void swallowed++;
    const server = await Deno.connect({ hostname, port: Number(port) });
    open.add(server);
    const ends = [
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ];
    await Promise.allSettled(ends);
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
    get swallowed() {
      return swallowed;
    },
    blackHole(on) {
      hole = on;
    },
    async close() {
      listener.close();
      await accepting;
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // Closed by its other end.
        }
      }
    },
  };
}
