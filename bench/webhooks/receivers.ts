/** The receivers that are compared, each one process that serves as it would in production. */
import { fileURLToPath } from "node:url";
import { failure } from "../../dev/failure.ts";
import { passedOn } from "../../dev/functions.ts";
import { guarded } from "../../dev/guard.ts";
import { freePort } from "../../dev/ports.ts";
import type { Program } from "../support/workers.ts";
import { SIGNING_SECRET } from "./load.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const START_MS = 30_000;

export interface Receiver {
  readonly name: string;
  readonly url: string;
  /** Counts what it stored. */
  readonly stored: string;
  stop(): Promise<void>;
}

/** What the anchor and the seed's receiver store events in; ours has its own. */
export const TABLES = `
  create table bench.plain_events (
    id bigint generated always as identity primary key, provider text not null, body bytea not null,
    received_at timestamptz not null default now());
  create table bench.seed_events (
    id bigint generated always as identity primary key, provider text not null, event_id text not null,
    payload jsonb not null, received_at timestamptz not null default now(), unique (provider, event_id));
  grant insert on bench.plain_events to raphael_app`;

export const RESET =
  "truncate bench.plain_events, bench.seed_events, raphael_private.webhook_events, raphael_private.sync_jobs; checkpoint";

/** The function itself, all of it: what a deployment runs. */
export function ours(name: string, databaseUrl: string): Promise<Receiver> {
  return deno(name, "functions/webhooks/index.ts", {
    stored: "raphael_private.webhook_events",
    env: { ...OUR_SETTINGS, RAPHAEL_DATABASE_URL: databaseUrl },
  });
}

export function hono(databaseUrl: string): Promise<Receiver> {
  return deno("Hono + one insert", "bench/webhooks/hono.ts", {
    stored: "bench.plain_events",
    env: { BENCH_DATABASE_URL: databaseUrl },
  });
}

export function express(
  node: Program,
  p: { readonly databaseUrl: string; readonly redisPort: number },
): Promise<Receiver> {
  const port = freePort();
  return serve("Express + BullMQ", port, {
    command: node.command,
    args: [...node.args, "bench/webhooks/express.ts"],
    stored: "bench.seed_events",
    env: {
      ...node.env,
      NODE_ENV: "production",
      NODE_NO_WARNINGS: "1",
      BENCH_DATABASE_URL: p.databaseUrl,
      BENCH_REDIS_PORT: String(p.redisPort),
      BENCH_PORT: String(port),
      TERRA_WEBHOOK_SECRET: SIGNING_SECRET,
    },
  });
}

interface Server {
  readonly stored: string;
  readonly env: Readonly<Record<string, string>>;
}

function deno(name: string, entrypoint: string, server: Server): Promise<Receiver> {
  const port = freePort();
  const flags = ["--no-lock", "--no-check", "--quiet", "--allow-net", "--allow-env"];
  return serve(name, port, {
    command: Deno.execPath(),
    args: ["serve", ...flags, "--host=127.0.0.1", `--port=${port}`, entrypoint],
    ...server,
  });
}

async function serve(
  name: string,
  port: number,
  p: Server & { readonly command: string; readonly args: readonly string[] },
): Promise<Receiver> {
  const last: string[] = [];
  const server = guarded({
    // The log goes where reading it costs nobody anything; writing it is ours to pay.
    command: "/bin/sh",
    args: ["-c", 'exec "$@" >/dev/null', "sh", p.command, ...p.args],
    env: { ...p.env, ...passedOn() },
    cwd: ROOT,
    signal: "TERM",
    patienceSeconds: 0.5,
    onLine: (line) => last.push(line),
  });
  for (const until = Date.now() + START_MS; Date.now() < until;) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
    if (connection) {
      connection.close();
      const url = `http://127.0.0.1:${port}/webhooks/terra`;
      return { name, url, stored: p.stored, stop: () => server.stop() };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await server.stop();
  throw failure(`Cannot start ${name}: ${last.slice(-3).join(" ")}`);
}

/** TEST KEYS: nothing but what a start needs. */
const OUR_SETTINGS = {
  SUPABASE_URL: "https://project.example.com",
  APP_BASE_URL: "https://app.example.com/",
  ENCRYPTION_KEYS: `k1:${btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i)))}`,
  ENCRYPTION_ACTIVE_KEY: "k1",
  INTERNAL_SECRETS: "test-internal-secret-0123456789abcdef",
  TERRA_DEV_ID: "terra-dev",
  TERRA_API_KEY: "test-key-terra",
  TERRA_WEBHOOK_SECRET: SIGNING_SECRET,
};
