import { connect as connectSocket, type Socket } from "node:net";
import postgres from "postgres";
import type { Secret } from "../core/secret.ts";
import type { Sql } from "./client.ts";
import { DRIVER_CRASH } from "./lost.ts";
import { createSql } from "./statement.ts";

/**
 * One connection, opened by its first statement and never opened again. The driver would go on with
 * another in mid-transaction, where what follows is committed by itself; a pool of the driver's own hands
 * out connections that were lost.
 */
export interface Connection {
  readonly driver: postgres.Sql;
  /** What statements are written with. */
  readonly sql: Sql;
  readonly openedAt: number;
  /** Told where the connection closes; set by the pool. */
  onClosed: () => void;
  /** Fails the call that has it, whatever it waits for; set by that call. */
  fail: ((reason: Error) => void) | undefined;
  /** Lets what is under way end. */
  end(): Promise<void>;
  /** Ends it at once, with all that is under way. */
  destroy(reason: string): Promise<void>;
}

export interface ConnectionOptions {
  readonly url: Secret;
  /** False behind a pooler in transaction mode, where prepared statements hang (measured). */
  readonly prepare: boolean;
}

const END_SECONDS = 5;
const CRASH_MS = 100;

export function createConnection({ url, prepare }: ConnectionOptions): Connection {
  const socket = createSocket();
  const options = {
    max: 1,
    prepare,
    connect_timeout: 5,
    // The pool ends what is idle or old: the driver might in mid-transaction.
    idle_timeout: 0,
    max_lifetime: 0,
    onnotice: () => {},
    onclose: () => connection.onClosed(),
    connection: { application_name: "raphael" },
    // Read by the driver, and missing in its types.
    socket: socket.open,
  };
  const driver = postgres(url.reveal(), options);
  const connection: Connection = {
    driver,
    sql: createSql(driver),
    openedAt: performance.now(),
    onClosed: () => {},
    fail: undefined,
    async end() {
      await driver.end({ timeout: END_SECONDS });
      socket.close();
    },
    async destroy(reason) {
      // What the driver has queued behind its throw must have run first: see `transact`.
      if (reason === DRIVER_CRASH) await new Promise((resolve) => setTimeout(resolve, CRASH_MS));
      await driver.end({ timeout: 0 }).catch(() => {});
      socket.close();
    },
  };
  return connection;
}

/** The driver's own options, parsed from the address. */
interface Address {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path: string | false;
}

/** The driver says so of a connection that closed; `isLost` knows it. */
class OpenedBefore extends Error {
  readonly code = "CONNECTION_CLOSED";
}

/** Opened once, for a driver that goes on connecting even after its end (postgres.js 3.4.9, seen in FT-05). */
function createSocket() {
  let made: Socket | undefined;
  let closed = false;
  return {
    open({ host: [host = "127.0.0.1"], port: [port = 5432], path }: Address): Socket {
      if (made || closed) throw new OpenedBefore("Cannot open a connection again: take another");
      made = path ? connectSocket(path) : connectSocket(port, host);
      // The driver reads the server's name for TLS from here.
      return Object.assign(made, { host });
    },
    close() {
      closed = true;
      made?.destroy();
    },
  };
}
