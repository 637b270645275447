import assert from "node:assert/strict";
import { type Bytes, utf8 } from "@shared/core/bytes.ts";
import { claim } from "@shared/db/jobs.ts";
import {
  mayBeOneWebhooks,
  readWebhook,
  recordWebhooks,
  settleWebhook,
} from "@shared/db/webhooks.ts";
import { withDatabase } from "../support/database.ts";
import { atOnce, plain } from "../support/people.ts";

const BODY = new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x00, 0xc3, 0x28, 0x7d, 0x0a]);

function delivery(dedupKey: string, provider = "oura", body: Bytes = BODY) {
  const headers = { "x-oura-timestamp": "1" };
  return { provider, dedupKey, contentType: "application/json", headers, body };
}

Deno.test("record_webhooks() makes one event and one job of 20 duplicates at once", async () => {
  await withDatabase(async ({ app, admin }) => {
    const { values, errors } = await atOnce(20, () => recordWebhooks(app, [delivery("same")]));
    assert.deepEqual(errors, []);
    assert.equal(values.filter((count) => count === 1).length, 1);
    const events = await admin`select id, deliveries from raphael_private.webhook_events`;
    const jobs = await admin`select dedup_key, payload, queue, kind from raphael_private.sync_jobs`;
    assert.deepEqual(events.map(({ deliveries }) => deliveries), [20]);
    const id = String(events[0]?.["id"]);
    assert.deepEqual(plain(jobs), [
      { dedup_key: `webhook:${id}`, payload: { eventId: id }, queue: 3, kind: "webhook.process" },
    ]);
  });
});

Deno.test("record_webhooks() makes no second job of a duplicate that comes when the first is done", async () => {
  await withDatabase(async ({ app, admin }) => {
    assert.equal(await recordWebhooks(app, [delivery("same")]), 1);
    await admin`delete from raphael_private.sync_jobs`;
    assert.equal(await recordWebhooks(app, [delivery("same")]), 0);
    assert.equal(
      await recordWebhooks(app, [delivery("same", "terra")]),
      1,
      "keys are a provider's own",
    );
    assert.equal(await recordWebhooks(app, [delivery("other")]), 1);
    assert.equal((await admin`select from raphael_private.sync_jobs`).length, 2);
  });
});

Deno.test("record_webhooks() gives each event of a group its own body and job, and duplicates one", async () => {
  await withDatabase(async ({ app, admin }) => {
    await recordWebhooks(app, [delivery("stored", "oura", utf8("old"))]);
    const group = [
      delivery("b", "oura", utf8("of b")),
      delivery("stored", "oura", utf8("later")),
      delivery("a", "oura", utf8("")),
      delivery("b", "oura", utf8("of b")),
      delivery("b", "terra", utf8("terra's")),
    ];
    assert.equal(await recordWebhooks(app, group), 3);
    const events = await admin`
      select e.provider, e.dedup_key, convert_from(e.body, 'utf8') as body, e.deliveries, count(j.id)::int as jobs
      from raphael_private.webhook_events e
      left join raphael_private.sync_jobs j
        on j.dedup_key = 'webhook:' || e.id and j.payload = jsonb_build_object('eventId', e.id::text)
      group by e.id order by 1, 2`;
    assert.deepEqual(plain(events), [
      { provider: "oura", dedup_key: "a", body: "", deliveries: 1, jobs: 1 },
      { provider: "oura", dedup_key: "b", body: "of b", deliveries: 2, jobs: 1 },
      { provider: "oura", dedup_key: "stored", body: "old", deliveries: 2, jobs: 1 },
      { provider: "terra", dedup_key: "b", body: "terra's", deliveries: 1, jobs: 1 },
    ]);
    assert.equal((await admin`select from raphael_private.sync_jobs`).length, 4);
  });
});

Deno.test("record_webhooks() keeps every byte, of text as of anything else", async () => {
  await withDatabase(async ({ app, admin }) => {
    const texts = ["\\x41", "\\", "\\\\n\\101", "\ufeff{}", "é 😀 \u0001\r\n", "null \0"].map(utf8);
    const broken = new Uint8Array([0xc3, 0x28, 0x5c, 0x00]);
    for (const bodies of [...texts.map((text) => [text]), texts, [...texts, broken]]) {
      await admin`truncate raphael_private.webhook_events, raphael_private.sync_jobs`;
      const group = bodies.map((body, n) => delivery(String(n), "oura", body));
      assert.equal(await recordWebhooks(app, group), bodies.length);
      const stored = await admin<{ body: Uint8Array }[]>`
        select body from raphael_private.webhook_events order by dedup_key`;
      assert.deepEqual(stored.map(({ body }) => new Uint8Array(body)), bodies);
    }
  });
});

Deno.test("record_webhooks() never deadlocks with groups that overlap", async () => {
  await withDatabase(async ({ app, admin }) => {
    const keys = Array.from({ length: 64 }, (_, n) => `key-${n}`);
    const { errors } = await atOnce(
      32,
      (n) => recordWebhooks(app, (n % 2 ? keys : keys.toReversed()).map((key) => delivery(key))),
    );
    assert.deepEqual(errors, []);
    const events = await admin`select deliveries from raphael_private.webhook_events`;
    assert.deepEqual(events.map(({ deliveries }) => deliveries), keys.map(() => 32));
    assert.equal((await admin`select from raphael_private.sync_jobs`).length, keys.length);
  });
});

Deno.test("mayBeOneWebhooks() tells an event's own fault from the database's", async () => {
  await withDatabase(async ({ app, admin }) => {
    await admin`alter table raphael_private.webhook_events add check (dedup_key <> 'poison')`;
    const ofEvent = await recordWebhooks(app, [delivery("poison")]).catch((error) => error);
    assert.equal(mayBeOneWebhooks(ofEvent), true);
    const ofDatabase = await app`select pg_terminate_backend(pg_backend_pid())`.catch((e) => e);
    assert.equal(mayBeOneWebhooks(ofDatabase), false);
    const fullDisk = await admin`do $$ begin raise disk_full; end $$`.catch((error) => error);
    assert.equal(mayBeOneWebhooks(fullDisk), false);
    assert.equal(mayBeOneWebhooks(new TypeError("of ours")), false);
  });
});

Deno.test("record_webhooks() stores neither event nor job where its transaction fails", async () => {
  await withDatabase(async ({ app, admin }) => {
    const undo = new Error("undo");
    await app.begin(async (tx) => {
      await recordWebhooks(tx, [delivery("same")]);
      throw undo;
    }).catch((error) => assert.equal(error, undo));
    assert.equal((await admin`select from raphael_private.webhook_events`).length, 0);
    assert.equal((await admin`select from raphael_private.sync_jobs`).length, 0);
    assert.equal(await recordWebhooks(app, [delivery("same")]), 1, "the retry is no duplicate");
  });
});

Deno.test("read_webhook() gives back the very bytes, and settle_webhook() notes the outcome", async () => {
  await withDatabase(async ({ app, admin }) => {
    await recordWebhooks(app, [delivery("same")]);
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
