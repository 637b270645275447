import assert from "node:assert/strict";
import { claim } from "@shared/db/jobs.ts";
import { readWebhook, recordWebhook, settleWebhook } from "@shared/db/webhooks.ts";
import { withDatabase } from "../support/database.ts";
import { atOnce, plain } from "../support/people.ts";

const BODY = new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x00, 0xc3, 0x28, 0x7d, 0x0a]);

function delivery(dedupKey: string, provider = "oura") {
  const headers = { "x-oura-timestamp": "1" };
  return { provider, dedupKey, contentType: "application/json", headers, body: BODY };
}

Deno.test("record_webhook() makes one event and one job of 20 duplicates at once", async () => {
  await withDatabase(async ({ app, admin }) => {
    const { values, errors } = await atOnce(20, () => recordWebhook(app, delivery("same")));
    assert.deepEqual(errors, []);
    assert.equal(values.filter(Boolean).length, 1);
    const events = await admin`select id, deliveries from raphael_private.webhook_events`;
    const jobs = await admin`select dedup_key, payload, queue, kind from raphael_private.sync_jobs`;
    assert.deepEqual(events.map(({ deliveries }) => deliveries), [20]);
    const id = String(events[0]?.["id"]);
    assert.deepEqual(plain(jobs), [
      { dedup_key: `webhook:${id}`, payload: { eventId: id }, queue: 3, kind: "webhook.process" },
    ]);
  });
});

Deno.test("record_webhook() makes no second job of a duplicate that comes when the first is done", async () => {
  await withDatabase(async ({ app, admin }) => {
    assert.equal(await recordWebhook(app, delivery("same")), true);
    await admin`delete from raphael_private.sync_jobs`;
    assert.equal(await recordWebhook(app, delivery("same")), false);
    assert.equal(
      await recordWebhook(app, delivery("same", "terra")),
      true,
      "keys are a provider's own",
    );
    assert.equal(await recordWebhook(app, delivery("other")), true);
    assert.equal((await admin`select from raphael_private.sync_jobs`).length, 2);
  });
});

Deno.test("record_webhook() stores neither event nor job where its transaction fails", async () => {
  await withDatabase(async ({ app, admin }) => {
    const undo = new Error("undo");
    await app.begin(async (tx) => {
      await recordWebhook(tx, delivery("same"));
      throw undo;
    }).catch((error) => assert.equal(error, undo));
    assert.equal((await admin`select from raphael_private.webhook_events`).length, 0);
    assert.equal((await admin`select from raphael_private.sync_jobs`).length, 0);
    assert.equal(await recordWebhook(app, delivery("same")), true, "the retry is no duplicate");
  });
});

Deno.test("read_webhook() gives back the very bytes, and settle_webhook() notes the outcome", async () => {
  await withDatabase(async ({ app, admin }) => {
    await recordWebhook(app, delivery("same"));
    const options = { queue: "webhook-processing", limit: 9, leaseSeconds: 60 } as const;
    const [job] = (await claim(app, options)).jobs;
    // SAFETY: `webhook.process` has this payload.
    const { eventId } = job?.payload as { eventId: string };
    const stored = await readWebhook(app, eventId);
    assert.deepEqual(new Uint8Array(stored?.body ?? []), BODY);
    assert.deepEqual(stored?.headers, { "x-oura-timestamp": "1" });
    assert.match(stored?.receivedAt ?? "", /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00$/);
    await settleWebhook(app, eventId, "processed");
    const [row] = await admin`
      select outcome, processed_at >= received_at as after from raphael_private.webhook_events`;
    assert.deepEqual({ ...row }, { outcome: "processed", after: true });
    assert.equal(await readWebhook(app, "999"), undefined);
  });
});
