/** What `postmaster.pid` says about a Postgres that may still be there. */
import { join } from "node:path";
import { failure } from "./failure.ts";

/** Lines of the file, counted from 0; src/include/utils/pidfile.h counts from 1. */
const START_LINE = 2;
const STATUS_LINE = 7;

export interface Lock {
  readonly pid: number;
  /** Second of the start: tells a new lock from one that a killed Postgres left. */
  readonly startedAt: number;
  /** Whether it says that it takes connections. */
  readonly ready: boolean;
}

export async function readLock(dataDir: string): Promise<Lock | undefined> {
  const text = await Deno.readTextFile(join(dataDir, "postmaster.pid")).catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split("\n");
  return {
    pid: Number(lines[0]),
    startedAt: Number(lines[START_LINE]),
    ready: lines[STATUS_LINE]?.trim() === "ready",
  };
}

/** How long the Postgres of a killed run may take to end: its guard acts at once. */
const LEFTOVER_TIMEOUT = 5_000;

/**
 * Waits until nothing runs in `dataDir`. The guard of a killed run ends its Postgres within a second,
 * and then it can stay a zombie for another two where PID 1 reaps slowly; a start in between would be
 * refused. One that stays belongs to a stack that runs. The file itself is Postgres's to judge, and
 * never removed here.
 */
export async function awaitVacant(dataDir: string): Promise<void> {
  const lock = await readLock(dataDir);
  if (!lock) return;
  for (let waited = 0; waited < LEFTOVER_TIMEOUT; waited += 50) {
    if (!(await runs(lock.pid, dataDir))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw failure(
    `Cannot start Postgres: process ${lock.pid} uses ${dataDir}; another stack seems to run`,
  );
}

/** Whether `pid` is a Postgres of `dataDir`, alive or not yet reaped. */
async function runs(pid: number, dataDir: string): Promise<boolean> {
  if (Deno.build.os !== "linux") {
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "command=", "-p", String(pid)] })
      .output();
    return new TextDecoder().decode(stdout).includes(dataDir);
  }
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  if (/\) Z /.test(stat)) return true;
  const command = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
  return command.includes(dataDir);
}

/** Sends `name`; a process that is gone already is fine. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
