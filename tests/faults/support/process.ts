import { fileURLToPath } from "node:url";
import { eachLine } from "../../../dev/guard.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface Line {
  readonly event?: string;
  readonly reason?: string;
  /** The process's own clock, in milliseconds. */
  readonly at?: number;
}

/** A process of the Deno that runs the test. */
export interface DenoProcess {
  readonly pid: number;
  readonly ended: Promise<Deno.CommandStatus>;
  alive(): boolean;
  /** Does nothing where it has ended. */
  send(signal: Deno.Signal): void;
  /** What it wrote to its standard error: why it died. */
  lastWords(): string;
  /** SIGKILL, of which a stopped process dies as well, and the end of its output. */
  kill(): Promise<void>;
}

export interface DenoProcessOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Each line of its standard output that is JSON. */
  readonly onLine?: (line: Line) => void;
}

/** Its standard input closes when we end: a program that reads it never outlives us. */
export function startDeno({ args, env = {}, onLine = () => {} }: DenoProcessOptions): DenoProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let [alive, last] = [true, ""];
  const ended = child.status.finally(() => alive = false);
  const closed = Promise.all([
    eachLine(child.stdout, (line) => onLine(parse(line))),
    eachLine(child.stderr, (line) => last += `${line}\n`),
    ended,
  ]).finally(() => child.stdin.close().catch(() => {}));
  const send = (signal: Deno.Signal) => {
    if (alive) child.kill(signal);
  };
  return {
    pid: child.pid,
    ended,
    alive: () => alive,
    send,
    lastWords: () => last,
    async kill() {
      send("SIGKILL");
      await closed;
    },
  };
}

function parse(line: string): Line {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
