/** The receivers that are compared, each one process that serves as it would in production. */
import { serveDeno, type Server, startServer } from "../support/server.ts";
import type { Program } from "../support/workers.ts";
import { SIGNING_SECRET } from "./load.ts";

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

export async function express(
  node: Program,
  p: { readonly databaseUrl: string; readonly redisPort: number },
): Promise<Receiver> {
  const server = await startServer((port) => ({
    command: node.command,
    args: [...node.args, "bench/webhooks/express.ts"],
    env: {
      ...node.env,
      NODE_ENV: "production",
      NODE_NO_WARNINGS: "1",
      BENCH_DATABASE_URL: p.databaseUrl,
      BENCH_REDIS_PORT: String(p.redisPort),
      BENCH_PORT: String(port),
      TERRA_WEBHOOK_SECRET: SIGNING_SECRET,
    },
  }));
  return receiver("Express + BullMQ", "bench.seed_events", server);
}

async function deno(
  name: string,
  entrypoint: string,
  { stored, env }: { readonly stored: string; readonly env: Readonly<Record<string, string>> },
): Promise<Receiver> {
  return receiver(name, stored, await serveDeno(entrypoint, env));
}

function receiver(name: string, stored: string, { url, stop }: Server): Receiver {
  return { name, stored, url: `${url}/webhooks/terra`, stop };
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
