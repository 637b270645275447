/**
 * An HTTP server on this machine that ends when it is told to. `Deno.serve`'s own `shutdown()` waits
 * on Deno 2.1.4 for every open connection, also for those that a client only keeps in stock: up to
 * the 90 s after which `fetch` drops them.
 */
export interface LocalServer {
  readonly port: number;
  readonly url: string;
  /** Lets answers under way finish for `drainMs`, and cuts what is left. */
  stop(): Promise<void>;
}

export interface LocalServerOptions {
  readonly hostname?: string;
  /** 0, which is the default, is any free one. */
  readonly port?: number;
  readonly onError?: (error: unknown) => Response;
  readonly drainMs?: number;
}

export function serve(
  answer: (
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ) => Response | Promise<Response>,
  { hostname = "127.0.0.1", port = 0, onError, drainMs = 500 }: LocalServerOptions = {},
): LocalServer {
  const cut = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  const server = Deno.serve(
    { hostname, port, signal: cut.signal, onListen() {}, ...(onError ? { onError } : {}) },
    async (request, info) => {
      const answering = Promise.resolve(answer(request, info));
      const settled = answering.then(() => {}, () => {}).finally(() => underWay.delete(settled));
      underWay.add(settled);
      return await answering;
    },
  );
  return {
    port: server.addr.port,
    url: `http://${hostname}:${server.addr.port}`,
    async stop() {
      const { promise: enough, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, drainMs);
      await Promise.race([Promise.all(underWay), enough]);
      clearTimeout(timer);
      cut.abort();
      await server.finished;
    },
  };
}
