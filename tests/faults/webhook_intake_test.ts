import assert from "node:assert/strict";
import { createRuntime } from "@shared/runtime.ts";
import { freePort } from "../../dev/ports.ts";
import { withDatabase } from "../support/database.ts";
import { CRASH_POINTS, openCrashProxy } from "./support/crash_points.ts";
import { counts, fault, report } from "./support/fault.ts";
import { pause } from "./support/plan.ts";
import { checkIntake, empty, environment, send, serve } from "./support/webhooks.ts";

/** Enough that each statement finds several waiting. */
const SENDERS = 24;
/** A restarted server may take seconds on a busy machine. */
const PATIENCE_MS = 60_000;

fault(
  "FT-14",
  "webhook server killed at each step of a commit: what was acknowledged is stored once, with its job",
  async (injecting) => {
    await withDatabase(async ({ admin, appUrl }) => {
      const proxy = openCrashProxy(appUrl, /record_webhooks/);
      const port = freePort();
      let server = await serve(proxy.url(appUrl), port);
      const { url } = server;
      const acked: string[] = [];
      let [sent, failed, stopping] = [0, 0, false];

      /** Sends each until it is acknowledged, and one in four twice, as providers do. */
      const sender = async (lane: number) => {
        for (let n = 0; !stopping; n++) {
          const delivery = empty(`trace-${lane}-${n}`);
          let done = false;
          for (const end = Date.now() + PATIENCE_MS; !done && Date.now() < end;) {
            const copies = Array.from({ length: n % 4 === 0 ? 2 : 1 }, () => send(url, delivery));
            for (const answer of await Promise.allSettled(copies)) {
              sent++;
              if (answer.status === "rejected") failed++;
              else done ||= answer.value.status === 200;
            }
            if (!done) await pause(50);
          }
          assert.ok(done, `a webhook was never acknowledged: ${server.lastWords()}`);
          acked.push(delivery.id);
        }
      };
      const hits: Record<string, number> = {};
      let kills = 0;
      const senders = Promise.all(Array.from({ length: SENDERS }, (_, lane) => sender(lane)));
      try {
        for (; kills < counts(CRASH_POINTS.length, 300) && injecting(); kills++) {
          const point = CRASH_POINTS[kills % CRASH_POINTS.length] ?? "before_statement";
          await pause(100);
          assert.ok(server.alive(), `the server died by itself: ${server.lastWords()}`);
          await proxy.arm(point, () => server.send("SIGKILL"));
          hits[point] = (hits[point] ?? 0) + 1;
          await server.kill();
          server = await serve(proxy.url(appUrl), port);
        }
        await pause(200);
        stopping = true;
        await senders;
      } finally {
        stopping = true;
        await server.kill();
        await proxy.close();
      }

      const found = await checkIntake(admin, acked);
      const runtime = createRuntime(environment(appUrl), { connections: 4, log: () => {} });
      while ((await admin`select from raphael_private.sync_jobs limit 1`).length > 0) {
        await runtime.syncWorker.drain();
      }
      await runtime.close();
      const [after] = await admin<[{ unprocessed: number }]>`
        select count(*)::int as unprocessed from raphael_private.webhook_events where processed_at is null`;
      report("FT-14", { kills, ...hits, sent, failed, acked: acked.length, ...found, ...after });
      for (const point of CRASH_POINTS) assert.ok(hits[point], `no kill ${point}`);
      assert.ok(failed > 0, "no kill cut off a sender");
      const { grouped, ...exact } = found;
      assert.deepEqual(exact, {
        events: acked.length,
        lost: 0,
        withoutJob: 0,
        jobs: acked.length,
      });
      assert.ok(grouped > 0, "no two webhooks were committed together");
      assert.equal(after.unprocessed, 0);
    });
  },
);
