import { parseArgs } from "node:util";
import { failure } from "./failure.ts";

export const HELP = `deno task start [options]

Runs the whole product on this machine: Postgres, the functions, a gateway that stands
for Supabase, and a sandbox that stands for the providers. Ctrl-C ends all of it.

  --once               connect, sync and query as the demo person, compare, end
  --json               print one line of JSON on standard output when ready
  --fresh              forget all data and keys of earlier runs
  --port N             gateway        (default 54321; 0 takes a free port)
  --db-port N          Postgres       (default 54322)
  --sandbox-port N     provider sandbox (default 54330)
  --state-dir DIR      where data and keys are kept (default .local)
  --help               this

DATABASE_URL uses another, empty Postgres 15 or later, as a superuser.`;

export interface Options {
  readonly once: boolean;
  readonly json: boolean;
  readonly fresh: boolean;
  readonly help: boolean;
  readonly port: number;
  readonly dbPort: number;
  readonly sandboxPort: number;
  readonly stateDir: string;
  readonly databaseUrl?: string;
}

/** Throws `StackFailure` on anything it does not know. */
export function parseOptions(
  args: readonly string[],
  env: { readonly DATABASE_URL?: string | undefined },
): Options {
  const { values } = read(args);
  const databaseUrl = env.DATABASE_URL;
  if (databaseUrl && values.fresh) {
    throw failure("Cannot start afresh: --fresh never empties the database of DATABASE_URL");
  }
  return {
    once: values.once ?? false,
    json: values.json ?? false,
    fresh: values.fresh ?? false,
    help: values.help ?? false,
    port: port("--port", values.port, 54321),
    dbPort: port("--db-port", values["db-port"], 54322),
    sandboxPort: port("--sandbox-port", values["sandbox-port"], 54330),
    stateDir: values["state-dir"] ?? ".local",
    ...(databaseUrl ? { databaseUrl } : {}),
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        once: { type: "boolean" },
        json: { type: "boolean" },
        fresh: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        port: { type: "string" },
        "db-port": { type: "string" },
        "sandbox-port": { type: "string" },
        "state-dir": { type: "string" },
      },
    });
  } catch (error) {
    throw failure("Cannot read the options", error);
  }
}

function port(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw failure(`Cannot read ${name}: "${text}" is no port`);
  }
  return Number(text);
}
