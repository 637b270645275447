import { connect, type Socket } from "node:net";

/** The sockets of one pool, so that none outlives it. */
export interface Sockets {
  /** For the driver, whose types do not know it. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Ends all, and opens no more. */
  close(): void;
}

/** The driver's own options, parsed from the address. */
interface Address {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path: string | false;
}

/**
 * postgres.js 3.4.9 goes on connecting after its end: a query that waited for a connection to be had
 * again is refused, but the timer that opens that connection is left. Each lost pool so left sessions
 * behind that nobody closed, until the server had none to give (seen in FT-05).
 */
export function createSockets(): Sockets {
  const open = new Set<Socket>();
  let closed = false;

  function socket({ host: [host = "127.0.0.1"], port: [port = 5432], path }: Address): Socket {
    if (closed) throw new Error("Cannot open a connection: its pool is closed");
    const made = path ? connect(path) : connect(port, host);
    open.add(made);
    made.once("close", () => open.delete(made));
    // The driver reads the server's name for TLS from here.
    return Object.assign(made, { host });
  }

  return {
    options: { socket },
    close() {
      closed = true;
      for (const one of open) one.destroy();
    },
  };
}
