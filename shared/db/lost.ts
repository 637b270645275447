import postgres from "postgres";

/** SQLSTATEs of a server that goes away: admin or crash shutdown, connection exceptions. */
const LOST_STATE = /^(57P0[1-5]|08...)$/;
const LOST_CODE = /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/;

/** What the driver does not tell: a call that outlives its deadline, or whose connection is given up. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/** Whether the connection, and not the statement, failed. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof ConnectionLost) return true;
  const code = "code" in error ? String(error.code) : "";
  return error instanceof postgres.PostgresError ? LOST_STATE.test(code) : LOST_CODE.test(code);
}

/** Whether the server had no connection left to give: nothing was sent, and those it gave are well. */
export function isRefused(error: unknown): error is postgres.PostgresError {
  return error instanceof postgres.PostgresError && error.code === "53300";
}

/**
 * Whether two transactions stood in each other's way (serialization, deadlock, a lock not given in time):
 * the same again, a little later, works.
 */
export function isConflict(error: unknown): boolean {
  return error instanceof postgres.PostgresError && /^(40001|40P01|55P03)$/.test(error.code);
}

/** Why connections go that were there when `isDriverCrash`. */
export const DRIVER_CRASH = "driver_crash";

/**
 * Whether this is the error that postgres.js 3.4.9 throws from a timer after its server went away
 * (porsager/postgres issues 1066, 1154, 1208): it writes to a socket that is gone, or destroys it, where
 * Deno 2.1.4 ran a connection's cleared time limit all the same (seen in FT-05). Anything else must stay
 * fatal.
 */
export function isDriverCrash(error: unknown): boolean {
  return error instanceof TypeError && /reading '(write|destroy)'/.test(error.message) &&
    isDriver(error);
}

/**
 * Whether the driver's timer came to write what was written already: on Deno 2.1.4 one that was cleared
 * runs all the same, with no server lost (17 of 27 runs of FT-14 ended so). Nothing is missing on the
 * wire, so nothing is to be done.
 */
export function isStaleWrite(error: unknown): boolean {
  return error instanceof TypeError && "code" in error && error.code === "ERR_STREAM_NULL_VALUES" &&
    isDriver(error);
}

function isDriver(error: Error): boolean {
  return /postgres[@/\\].*connection\.js/.test(error.stack ?? "");
}

/** What our own SQL functions raise, by SQLSTATE. */
export const RAISED = {
  leaseLost: "RH001",
  accountClosed: "RH002",
  tooManyOpen: "RH003",
  accountOfAnother: "RH004",
  /** Postgres' own foreign_key_violation: the person was deleted, their session lives on. */
  personGone: "23503",
  /** Postgres' own invalid_parameter_value: it knows no such time zone. */
  unknownZone: "22023",
} as const;

/** Whether `error` was raised with this SQLSTATE. */
export function isRaised(error: unknown, name: keyof typeof RAISED): boolean {
  return error instanceof postgres.PostgresError && error.code === RAISED[name];
}
