/**
 * A worker process whose jobs call pretended providers: the real runner, gate and HTTP door. A job's
 * resource names its provider. Prints its log; ends with whoever started it.
 */
import { Secret } from "@shared/core/secret.ts";
import { connect, type Sql } from "@shared/db/client.ts";
import type { Handler, Handlers } from "@shared/jobs/handlers.ts";
import { JOB_KINDS, type JobKind } from "@shared/jobs/kinds.ts";
import { createRunner } from "@shared/jobs/runner.ts";
import { ProviderError } from "@shared/providers/errors.ts";
import { gatedFetch } from "@shared/providers/gate.ts";
import { callProvider, discard } from "@shared/providers/kit/http.ts";
import { createGate } from "@shared/runtime/gate.ts";
import { OPEN_GATE } from "../../support/open_gate.ts";
import { applyEffect } from "./ledger.ts";

export interface GatedPlan {
  readonly databaseUrl: string;
  /** Where the pretended providers are. */
  readonly origin: string;
  /** The budget of each. */
  readonly limits: readonly { requests: number; perSeconds: number; scope: "app" }[];
  /** False: every request goes out. The control that must fail. */
  readonly gated: boolean;
}

/** In place of the product's 60 and 30 seconds: the same code, another clock. */
const TIMEOUT_MS = 800;
const UNAVAILABLE_SECONDS = 0.5;

if (import.meta.main) {
  // SAFETY: the supervisor writes it.
  const plan = JSON.parse(Deno.args[0] ?? "") as GatedPlan;
  const log = (level: string, event: string, fields: Record<string, unknown> = {}) =>
    console.log(JSON.stringify({ level, event, ...fields }));
  const db = connect({ url: new Secret(plan.databaseUrl), max: 8, prepare: true });
  const gate = plan.gated ? createGate(db, log) : OPEN_GATE;
  const client = { id: "test", secret: new Secret("test-key") };
  const now = () => new Date();

  const handler: Handler<JobKind> = async ({ payload, attempt }) => {
    // SAFETY: the jobs of these tests are of one kind.
    const { resource: slug, recordId } = payload as { resource: string; recordId: string };
    const provider = { slug, hosts: [`${slug}.test`], limits: plan.limits };
    const send: typeof fetch = (input, init) => {
      const { hostname, pathname } = new URL(new Request(input).url);
      return fetch(`${plan.origin}/${hostname.split(".")[0]}${pathname}`, init);
    };
    const ctx = {
      client,
      now,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      fetch: gatedFetch(send, gate, provider, { call: {}, now }),
    };
    try {
      const request = new Request(`https://${slug}.test/${encodeURIComponent(recordId)}`);
      await discard(await callProvider(provider, request, ctx));
    } catch (error) {
      if (!(error instanceof ProviderError) || error.failure.kind !== "unavailable") throw error;
      return { kind: "snooze", seconds: UNAVAILABLE_SECONDS, reason: error.message };
    }
    return { kind: "done", effect: (tx: Sql) => applyEffect(tx, recordId, attempt) };
  };
  // SAFETY: every kind is there.
  const handlers = Object.fromEntries(
    JOB_KINDS.map((kind) => [kind, handler]),
  ) as unknown as Handlers;
  const runner = createRunner({ db, handlers, log, leaseSeconds: 30, lingerMs: 1_000 });

  (async () => {
    for await (const _ of Deno.stdin.readable);
    Deno.exit(0);
  })();
  log("info", "ready");
  for (;;) await runner.drain(30_000);
}
