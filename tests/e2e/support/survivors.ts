/**
 * What one request, one statement and one claim with its jobs leave behind that outlives small collections, in kB each, as a line of
 * JSON; `literal` and `driver` are what a getter in an object literal and the driver by itself leave.
 * Runs with `--v8-flags=--expose-gc,--no-incremental-marking`.
 */
import { Secret } from "@shared/core/secret.ts";
import { connect, type Sql } from "@shared/db/client.ts";
import { claim, completeMany, enqueue } from "@shared/db/jobs.ts";
import type { Handlers } from "@shared/jobs/handlers.ts";
import { perform } from "@shared/jobs/perform.ts";
import postgres from "postgres";
import { createApp } from "../../../functions/webhooks/app.ts";
import { httpRuntime } from "../../functions/http_runtime.ts";

/** So few that no full collection comes in between. */
const TIMES = 100;
const WARM_UP = 300;

// SAFETY: there with `--expose-gc`.
const { gc } = globalThis as unknown as { gc(options: { type: "major" | "minor" }): void };

async function survivors(make: () => unknown): Promise<number> {
  for (let n = 0; n < WARM_UP; n++) await make();
  gc({ type: "major" });
  const before = Deno.memoryUsage().heapUsed;
  for (let n = 0; n < TIMES; n++) await make();
  // What is alive by chance at the first is not at the second.
  for (let n = 0; n < 2; n++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    gc({ type: "minor" });
  }
  return (Deno.memoryUsage().heapUsed - before) / TIMES / 1_000;
}

function literal() {
  const seen = Array.from({ length: 300 }, (_, n) => ({ n }));
  return {
    get seen() {
      return seen;
    },
  };
}

const url = Deno.args[0] ?? "";
const rows = (sql: Sql) => sql`select ${"a word"}::text as word, n from generate_series(1, 100) n`;
const db = connect({ url: new Secret(url), max: 1, prepare: true });
const driver = postgres(url, { max: 1 });
const app = createApp({
  ...httpRuntime(),
  log: () => {},
  webhooks: {
    maxBytes: () => 10_000,
    handle: ({ request }) => Promise.resolve({ status: request.body.length > 0 ? 200 : 400 }),
  },
});
const body = JSON.stringify({ text: "x".repeat(4_000) });
const padding = "x".repeat(8_000);
const webhook = async () => {
  const headers = {
    "content-type": "application/json",
    "content-length": String(body.length),
    // A string of its own each time, as it comes from the wire.
    padding: `${padding}${Math.random()}`,
  };
  const request = new Request("http://localhost/webhooks/terra", { method: "POST", body, headers });
  const { status } = await app.fetch(request);
  if (status !== 200) throw new Error(`Cannot measure: ${status}`);
};

/** Two dozen jobs of a kilobyte each, from their cause to their end. */
const handlers = {
  "webhook.process": ({ payload, signal, createdAt }) =>
    Promise.resolve(
      payload.eventId && !signal.aborted && createdAt
        ? { kind: "done" }
        : { kind: "continue", cursor: "" },
    ),
} as Pick<Handlers, "webhook.process"> as Handlers;
const claimed = async () => {
  const eventIds = Array.from(
    { length: 24 },
    (_, n) => `${n} ${Math.random()} ${"x".repeat(1_000)}`,
  );
  const jobs = eventIds.map((eventId) =>
    ({ kind: "webhook.process", payload: { eventId } }) as const
  );
  await db.query((sql) => enqueue(sql, jobs));
  const queue = "webhook-processing";
  const { count, jobs: taken } = await db.query((sql) =>
    claim(sql, { queue, limit: 24, leaseSeconds: 60 })
  );
  let done = 0;
  for (const job of taken) perform(handlers, job, ({ kind }) => done += kind === "done" ? 1 : 0);
  await db.query((sql) => completeMany(sql, taken));
  if (count !== 24 || done !== 24) {
    throw new Error(`Cannot measure: ${count} claimed, ${done} done`);
  }
};

const found = {
  literal: await survivors(literal),
  driver: await survivors(() => rows(driver)),
  statement: await survivors(() => db.query(rows)),
  webhook: await survivors(webhook),
  claim: await survivors(claimed),
};
await Promise.all([db.close(), driver.end()]);
console.log(JSON.stringify(found));
