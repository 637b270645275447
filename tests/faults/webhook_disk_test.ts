import assert from "node:assert/strict";
import { toBase64 } from "@shared/core/bytes.ts";
import { counts, fault, report } from "./support/fault.ts";
import { eventually } from "./support/plan.ts";
import { missingForSmallDisk, withSmallDisk } from "./support/small_disk.ts";
import { checkIntake, type Delivery, empty, send, serve } from "./support/webhooks.ts";

/** Too large for what pages have free, too random to be pressed together. */
function large(id: string): Delivery {
  return empty(id, toBase64(crypto.getRandomValues(new Uint8Array(30_000))));
}

fault(
  "FT-38",
  "disk full: 503 and never a 2xx without a row, and it recovers",
  async (injecting) => {
    await withSmallDisk(async ({ admin, appUrl, fill, free }) => {
      const server = await serve(appUrl);
      const acked: string[] = [];
      const refused: Delivery[] = [];
      let [fillings, hits] = [0, 0];

      async function deliver(delivery: Delivery): Promise<number> {
        const { status, retryAfter } = await send(server.url, delivery);
        if (status === 200) acked.push(delivery.id);
        else {
          assert.equal(status, 503);
          assert.match(retryAfter ?? "", /^\d+$/);
          refused.push(delivery);
        }
        return status;
      }
      try {
        for (; fillings < counts(1, 3) && injecting(); fillings++) {
          for (let n = 0; n < 5; n++) {
            assert.equal(await deliver(large(`before-${fillings}-${n}`)), 200);
          }
          await fill();
          for (let n = 0; n < counts(40, 120); n += 8) {
            await Promise.all(
              Array.from(
                { length: 8 },
                (_, lane) => deliver(large(`full-${fillings}-${n + lane}`)),
              ),
            );
          }
          hits += refused.length;
          await free();
          // As a provider does: again, until it is taken.
          for (const delivery of refused.splice(0)) {
            const taken = await eventually(
              async () => (await send(server.url, delivery)).status === 200,
              30_000,
            );
            assert.ok(taken, "the disk has room, and webhooks are refused");
            acked.push(delivery.id);
          }
        }
        const found = await checkIntake(admin, acked);
        report("FT-38", { fillings, hits, acked: acked.length, ...found });
        assert.ok(hits > 0, "the full disk refused nothing");
        assert.deepEqual([found.lost, found.withoutJob], [0, 0]);
        assert.deepEqual([found.events, found.jobs], [acked.length, acked.length]);
      } finally {
        await server.kill();
      }
    });
  },
  { missing: await missingForSmallDisk() },
);
