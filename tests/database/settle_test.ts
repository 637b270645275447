import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { utf8 } from "@shared/core/bytes.ts";
import { activateAccount } from "@shared/db/accounts.ts";
import { connect, type Database, type Sql } from "@shared/db/client.ts";
import { claim, enqueue } from "@shared/db/jobs.ts";
import { recordWebhooks } from "@shared/db/webhooks.ts";

import { settle } from "@shared/jobs/settle.ts";
import { directory } from "@shared/providers/directory.ts";
import { processWebhook } from "@shared/webhooks/process.ts";
import { OPEN_GATE } from "../support/open_gate.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { batchOf, store } from "../support/batches.ts";
import {
  claimed,
  claimOne,
  claimSome,
  deadRows,
  expireLeases,
  job,
  jobRows,
  makeDue,
} from "../support/queue.ts";

async function withWorker(use: (p: TestDatabase & { readonly db: Database }) => Promise<void>) {
  await withDatabase(async (database) => {
    const db = connect({ url: new Secret(database.appUrl), max: 2, prepare: true });
    try {
      await use({ ...database, db });
    } finally {
      await db.close();
    }
  });
}

/** An effect that shows: another job. */
const follow = (tx: Sql) => enqueue(tx, [job("follow-up")]);

Deno.test("settle() commits an effect together with the job's end", async () => {
  await withWorker(async ({ db, app, admin }) => {
    const one = await claimed(app, "a");
    assert.equal(await settle(db, one, { kind: "done", effect: follow }), "done");
    assert.deepEqual((await jobRows(admin)).map(({ name }) => name), ["follow-up"]);
    assert.equal(await settle(db, one, { kind: "done", effect: follow }), "lost", "once");
  });
});

Deno.test("settle() writes nothing of a worker that lost its lease", async () => {
  await withWorker(async ({ db, app, admin }) => {
    const late = await claimed(app, "a");
    await expireLeases(admin);
    await claimSome(app);
    for (const kind of ["done", "retry", "dead", "snooze"] as const) {
      const outcome = { kind, effect: follow, reason: "r", errorClass: "test", seconds: 1 };
      assert.equal(await settle(db, late, outcome), "lost");
    }
    assert.deepEqual((await jobRows(admin)).map(({ name }) => name), ["a"]);
    assert.deepEqual(await deadRows(admin), []);
  });
});

Deno.test("settle() takes all of an effect back that fails, and counts the failure", async () => {
  await withWorker(async ({ db, app, admin }) => {
    const one = await claimed(app, "a");
    const effect = async (tx: Sql) => {
      await follow(tx);
      throw new TypeError("secret-token");
    };
    assert.equal(await settle(db, one, { kind: "done", effect }), "retry");
    const rows = await jobRows(admin);
    assert.deepEqual(rows.map(({ name, attempt, last_error }) => [name, attempt, last_error]), [
      ["a", 1, "Cannot finish job: TypeError"],
    ]);
  });
});

Deno.test("settle() ends a job whose account was closed meanwhile, without its effect", async () => {
  await withWorker(async ({ db, app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    await activateAccount(app, account.id, {});
    const batch = batchOf([{ id: "r", values: [{ at: "2026-02-01T00:00:00Z", value: 60 }] }]);
    const effect = async (tx: Sql) => {
      await store(tx, account, batch);
    };
    assert.equal(await settle(db, await claimed(app, "a"), { kind: "done", effect }), "done");
    assert.deepEqual(await jobRows(admin), []);
    assert.equal((await admin`select from raphael_private.raw_records`).length, 0);
  });
});

Deno.test("settle() keeps the page and the place together", async () => {
  await withWorker(async ({ db, app, admin }) => {
    const one = await claimed(app, "a");
    await settle(db, one, { kind: "continue", cursor: "page-2", effect: follow });
    assert.equal((await claimOne(app)).cursor, "page-2");
    assert.equal((await jobRows(admin)).length, 2);
  });
});

Deno.test("processWebhook() stores what was pushed although its account is linked anew meanwhile", async () => {
  await withWorker(async ({ db, app, admin }) => {
    const account = await addAccount(app, await addPerson(admin), {
      provider: "terra",
      externalUserId: "terra-1",
    });
    const body = {
      type: "body",
      user: { user_id: "terra-1", provider: "GARMIN" },
      data: [{
        metadata: {
          start_time: "2026-02-01T00:00:00+00:00",
          end_time: "2026-02-02T00:00:00+00:00",
        },
        measurements_data: {
          measurements: [{ measurement_time: "2026-02-01T08:00:00+00:00", weight_kg: 70 }],
        },
      }],
    };
    await recordWebhooks(app, [{
      provider: "terra",
      dedupKey: "one",
      contentType: "application/json",
      headers: {},
      body: utf8(JSON.stringify(body)),
    }]);
    const secret = new Secret("test-secret");
    const settings = { client: { id: "test", secret }, webhook: { signing: [secret] } };
    const now = () => new Date();
    const handler = processWebhook({
      db,
      now,
      providers: directory(new Map([["terra", settings]]), {
        origins: new Map(),
        now,
        gate: OPEN_GATE,
      }),
      // SAFETY: processing a webhook opens nothing sealed.
      vault: undefined as never,
      isolate: { timeLeftMs: () => Infinity, keep: () => {}, idle: () => Promise.resolve() },
      log: () => {},
    });
    const run = async (meanwhile: () => Promise<unknown>) => {
      const options = { queue: "webhook-processing", limit: 1, leaseSeconds: 60 } as const;
      const [one] = (await claim(app, options)).jobs;
      assert.ok(one);
      // SAFETY: the payload of this kind.
      const payload = one.payload as { readonly eventId: string };
      const { signal } = new AbortController();
      const outcome = await handler({
        payload,
        attempt: 1,
        createdAt: new Date(one.createdMs),
        signal,
      });
      await meanwhile();
      return await settle(db, one, outcome);
    };
    assert.equal(await run(() => activateAccount(app, account.id, {})), "retry");
    assert.equal((await admin`select from raphael.samples`).length, 0);
    await makeDue(admin);
    assert.equal(await run(() => Promise.resolve()), "done");
    assert.equal((await admin`select from raphael.samples`).length, 1);
    const [event] = await admin`select outcome from raphael_private.webhook_events`;
    assert.equal(event?.["outcome"], "processed");
  });
});
