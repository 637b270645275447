import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createRuntime } from "@shared/runtime.ts";
import { freePort } from "../../dev/ports.ts";
import { withDatabase } from "../support/database.ts";
import { GOOD } from "../support/environment.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { between, eventually, pause, random } from "./support/plan.ts";
import { type DenoProcess, startDeno } from "./support/process.ts";

/** TEST KEY */
const SECRET = "test-key-terra-signing";
const SENDERS = 8;
/** A restarted server may take seconds on a busy machine. */
const PATIENCE_MS = 10_000;

async function send(url: string, id: string): Promise<number> {
  const body = JSON.stringify({
    type: "daily",
    user: { user_id: "00000000-0000-4000-8000-0000000000aa", provider: "GARMIN" },
    data: [],
  });
  const time = Math.floor(Date.now() / 1_000);
  const mac = createHmac("sha256", SECRET).update(`${time}.${body}`).digest("hex");
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "terra-signature": `t=${time},v1=${mac}`,
      "x-terra-trace-id": id,
    },
    body,
    signal: AbortSignal.timeout(5_000),
  });
  await response.body?.cancel();
  return response.status;
}

async function serve(port: number, env: Readonly<Record<string, string>>): Promise<DenoProcess> {
  const flags = ["--no-lock", "--no-check", "--quiet", "--allow-net", "--allow-env"];
  const server = startDeno({
    args: ["serve", ...flags, "--host=127.0.0.1", `--port=${port}`, "functions/webhooks/index.ts"],
    env,
  });
  const answers = await eventually(
    () =>
      fetch(`http://127.0.0.1:${port}/`).then((r) => r.body?.cancel()).then(
        () => true,
        () => false,
      ),
    20_000,
  );
  if (answers) return server;
  await server.kill();
  throw new Error(`Cannot serve webhooks: ${server.lastWords()}`);
}

fault(
  "FT-14",
  "webhook server killed: what was acknowledged is stored once, with its job",
  async () => {
    await withDatabase(async ({ admin, appUrl }) => {
      const next = random(SEED);
      const port = freePort();
      const url = `http://127.0.0.1:${port}/webhooks/terra`;
      const env = {
        ...GOOD,
        RAPHAEL_DATABASE_URL: appUrl,
        TERRA_DEV_ID: "terra-dev",
        TERRA_API_KEY: "test-key-terra",
        TERRA_WEBHOOK_SECRET: SECRET,
      };
      let server = await serve(port, env);
      const kills = counts(4, 100);
      const acked: string[] = [];
      let [sent, failed, hits, stopping] = [0, 0, 0, false];

      /** Sends each until it is acknowledged, and one in four twice, as providers do. */
      const sender = async (lane: number) => {
        for (let n = 0; !stopping; n++) {
          const id = `trace-${lane}-${n}`;
          let done = false;
          for (const end = Date.now() + PATIENCE_MS; !done && Date.now() < end;) {
            const copies = n % 4 === 0 ? [send(url, id), send(url, id)] : [send(url, id)];
            for (const answer of await Promise.allSettled(copies)) {
              sent++;
              if (answer.status === "rejected") failed++;
              else done ||= answer.value >= 200 && answer.value < 300;
            }
            if (!done) await pause(30);
          }
          assert.ok(done, `a webhook was never acknowledged: ${server.lastWords()}`);
          acked.push(id);
        }
      };
      const senders = Promise.all(Array.from({ length: SENDERS }, (_, lane) => sender(lane)));
      try {
        for (let n = 0; n < kills; n++) {
          await pause(between(next, 150, 400));
          const before = failed;
          assert.ok(server.alive(), `the server died by itself: ${server.lastWords()}`);
          await server.kill();
          if (await eventually(() => failed > before, 1_000)) hits++;
          server = await serve(port, env);
        }
        await pause(200);
        stopping = true;
        await senders;
      } finally {
        stopping = true;
        await server.kill();
      }

      const [found] = await admin<[Record<string, number>]>`
      select
        (select count(*)::int from raphael_private.webhook_events) as events,
        (select count(*)::int from unnest(${acked}::text[]) as a (id)
          where not exists (
            select from raphael_private.webhook_events e
            where e.dedup_key = encode(sha256(convert_to(a.id, 'utf8')), 'hex'))) as lost,
        (select count(*)::int from raphael_private.webhook_events e
          where not exists (
            select from raphael_private.sync_jobs j where j.payload ->> 'eventId' = e.id::text)) as "withoutJob",
        (select count(*)::int from raphael_private.sync_jobs) as jobs`;
      const runtime = createRuntime(env, { connections: 4, log: () => {} });
      await runtime.syncWorker.drain();
      await runtime.close();
      const [after] = await admin<[{ unprocessed: number }]>`
      select count(*)::int as unprocessed from raphael_private.webhook_events where processed_at is null`;
      report("FT-14", { kills, hits, sent, failed, acked: acked.length, ...found, ...after });
      assert.ok(hits > 0, "no kill cut off a sender");
      assert.deepEqual(found, { events: acked.length, lost: 0, withoutJob: 0, jobs: acked.length });
      assert.equal(after.unprocessed, 0);
    });
  },
);
