import assert from "node:assert/strict";
import { withDatabase } from "../support/database.ts";
import { counts, fault, report } from "./support/fault.ts";
import { residentMb } from "./support/memory.ts";
import { eventually, pause } from "./support/plan.ts";
import { checkIntake, empty, send, serve } from "./support/webhooks.ts";

/** The plan's; what this machine reached is printed. */
const A_SECOND = 2_000;
const SECONDS = counts(2, 60);
const TICK_MS = 10;
/** Under way at once, at most: more than is held for the database, less than this process chokes on. */
const OPEN = 3_000;
/** The database stands still so long at most: the line has to be full before, and the deadline not over. */
const STANDSTILL_MS = 8_000;
/** What waits is capped at 32 MB of bodies; the rest is what requests, sockets and the collector take. */
const GROWTH_MB = 256;

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
}

fault(
  "FT-48",
  "a storm of webhooks, and a database that stands still: 2xx or 503, memory flat",
  async () => {
    await withDatabase(async ({ admin, appUrl }) => {
      const server = await serve(appUrl);
      const acked: string[] = [];
      const took = { calm: [] as number[], stalled: [] as number[] };
      const statuses: Record<string, number> = {};
      let [sent, open, standstill, peak] = [0, 0, false, 0];

      async function deliver(): Promise<void> {
        const delivery = empty(`storm-${sent++}`, "x".repeat(500));
        const [start, phase] = [performance.now(), standstill ? took.stalled : took.calm];
        open++;
        const answer = await send(server.url, delivery, 60_000).catch(() => undefined);
        open--;
        const status = answer?.status ?? "broken";
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 200) {
          acked.push(delivery.id);
          phase.push(performance.now() - start);
        }
        if (status === 503) assert.match(answer?.retryAfter ?? "", /^\d+$/);
      }
      /** Sends by the clock, and does not wait for answers. */
      async function storm(goesOn: (ms: number) => boolean): Promise<void> {
        const [start, first, all] = [performance.now(), sent, [] as Promise<void>[]];
        for (let ms = 0; goesOn(ms); ms = performance.now() - start) {
          while (open < OPEN && sent - first < A_SECOND * ms / 1_000) all.push(deliver());
          peak = Math.max(peak, residentMb(server.pid));
          await pause(TICK_MS);
        }
        await Promise.all(all);
      }
      try {
        await Promise.all(Array.from({ length: 50 }, deliver));
        const before = residentMb(server.pid);
        const began = performance.now();
        await storm((ms) => ms < SECONDS * 1_000);
        const rate = acked.length / (performance.now() - began) * 1_000;
        await admin.begin(async (tx) => {
          await tx`lock table raphael_private.webhook_events in exclusive mode`;
          standstill = true;
          const before = statuses["503"] ?? 0;
          await storm((ms) => {
            const full = (statuses["503"] ?? 0) > before;
            if (full || ms > STANDSTILL_MS) tx`commit`.catch(() => {});
            return !full && ms < STANDSTILL_MS;
          });
        }).catch(() => {});
        standstill = false;
        const recovered = await eventually(
          async () => (await send(server.url, empty("after"))).status === 200,
          30_000,
        );
        acked.push("after");
        const found = await checkIntake(admin, acked);
        report("FT-48", {
          sent,
          asked: A_SECOND,
          ackedPerSecond: Math.round(rate),
          p99Ms: Math.round(percentile(took.calm, 0.99)),
          p99StandstillMs: Math.round(percentile(took.stalled, 0.99)),
          hits: statuses["503"] ?? 0,
          grownMb: Math.round(peak - before),
          ...found,
        });
        assert.ok(recovered, "it takes no more webhooks");
        assert.ok((statuses["503"] ?? 0) > 0, "nothing was too much for it");
        assert.deepEqual(Object.keys(statuses).toSorted(), ["200", "503"]);
        assert.deepEqual([found.lost, found.withoutJob], [0, 0]);
        assert.equal(found.events, found.jobs);
        assert.ok(peak - before < GROWTH_MB, `memory grew by ${Math.round(peak - before)} MB`);
      } finally {
        await server.kill();
      }
    });
  },
);
