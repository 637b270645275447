/** What has to be kept up at providers: subscriptions that end, and grants that they have not forgotten yet. */
import assert from "node:assert/strict";
import { DAY } from "@shared/core/time.ts";
import { plain } from "../support/people.ts";
import { withUpkeep } from "../support/upkeep.ts";

const count = (calls: readonly string[], call: string) =>
  calls.filter((one) => one === call).length;
const LIST = "GET /v2/webhook/subscription";
const CREATE = "POST /v2/webhook/subscription";
const RENEW = "PUT /v2/webhook/subscription/renew/:id";

// They last 90 days: made 70 days ago they have 20 left, made 80 days ago 10.
for (const [age, renews] of [[70, false], [80, true]] as const) {
  const what = renews ? "renewed within a fortnight of their end" : "left alone before that";
  Deno.test(`subscriptions are made once, and ${what}`, async () => {
    await withUpkeep(async ({ sandbox, tick }) => {
      sandbox.control.advance(-age * DAY / 1_000);
      const made = count(await tick(), CREATE);
      assert.ok(made > 0);
      sandbox.control.advance(age * DAY / 1_000);
      const calls = await tick();
      assert.equal(count(calls, RENEW), renews ? made : 0);
      assert.equal(calls.length, 1 + (renews ? made : 0));
      assert.deepEqual(await tick(), [LIST], "nothing is left to do");
    });
  });
}

const REVOKE = "POST /oauth/revoke";

Deno.test("a grant is revoked once, and then nothing of it is left", async () => {
  await withUpkeep(async ({ database, join, tick }) => {
    await (await join("oura")).leave();
    assert.equal(count(await tick(), REVOKE), 1);
    assert.equal(count(await tick(), REVOKE), 0);
    for (const table of ["revocations", "sync_jobs", "dead_jobs"]) {
      const left = await database.admin`select from ${database.admin(`raphael_private.${table}`)}`;
      assert.equal(left.length, 0, table);
    }
  });
});

Deno.test("a revocation that the provider refuses is tried again each day, and stays told when its time is over", async () => {
  await withUpkeep(async ({ database: { admin }, sandbox, join, tick }) => {
    sandbox.control.fault({ provider: "oura", route: "/oauth/revoke", kind: "403" });
    await (await join("oura")).leave();
    const dead = async () =>
      plain(
        await admin`
          select kind, provider, error_class from raphael_private.dead_job_list order by id`,
      );
    const refused = { kind: "connection.revoke", provider: "oura", error_class: "rejected" };
    assert.equal(count(await tick(), REVOKE), 1);
    assert.deepEqual(await dead(), [refused]);
    assert.equal(count(await tick(), REVOKE), 0, "not each hour");

    await admin`update raphael_private.dead_jobs set died_at = died_at - interval '25 hours'`;
    assert.equal(count(await tick(), REVOKE), 1, "a day later");
    assert.deepEqual(await dead(), [refused, refused]);

    await admin`update raphael_private.dead_jobs set died_at = died_at - interval '25 hours'`;
    await admin`update raphael_private.revocations set created_at = now() - interval '31 days'`;
    await admin`select raphael_private.prune()`;
    assert.equal(count(await tick(), REVOKE), 0, "its time is over");
    assert.equal((await dead()).length, 2);
  });
});

Deno.test("a revocation outlives an outage and a lost job", async () => {
  await withUpkeep(async ({ database: { admin }, sandbox, join, tick }) => {
    sandbox.control.fault({ provider: "oura", route: "/oauth/revoke", kind: "503", times: 1 });
    await (await join("oura")).leave();
    assert.equal(count(await tick(), REVOKE), 1);
    const [job] = await admin`select attempt, snoozed_since is not null as snoozed
      from raphael_private.sync_jobs where kind = 'connection.revoke'`;
    assert.deepEqual({ ...job }, { attempt: 0, snoozed: true });
    await admin`delete from raphael_private.sync_jobs`;
    assert.equal(count(await tick(), REVOKE), 1, "queued again from the outbox");
    assert.equal((await admin`select from raphael_private.revocations`).length, 0);
  });
});

const NOTIFY = "POST /notify";
/** Six categories of data, and the person's account itself. */
const CATEGORIES = 7;

/** A tick, and how often Withings was asked about subscriptions; Oura's are looked at by each. */
const asked = async (tick: () => Promise<readonly string[]>) => count(await tick(), NOTIFY);

Deno.test("a person's subscriptions are made at the link, then looked at daily and no oftener", async () => {
  await withUpkeep(async ({ database: { admin }, sandbox, receiver, join, tick }) => {
    const { id, leave } = await join("withings");
    assert.equal(await asked(tick), 1 + CATEGORIES, "listed, then made");
    sandbox.control.publish({ person: "demo", provider: "withings", resource: "measures" });
    await sandbox.control.settled();
    assert.match(
      receiver.taken[0] ?? "",
      /^\/withings\/test-key-withings-path-secret-0+ .*appli=1&/,
    );
    assert.equal(await asked(tick), 0, "not due");

    const due = () =>
      admin`update raphael_private.sync_state set next_poll_at = now()
            where resource = 'webhook.subscribe'`;
    await due();
    assert.equal(await asked(tick), 1, "all are there");
    const [state] = await admin<{ hours: number }[]>`
      select extract(epoch from next_poll_at - now())::float8 / 3600 as hours
      from raphael_private.sync_state where resource = 'webhook.subscribe' and account_id = ${id}`;
    assert.ok(state && state.hours > 22.7 && state.hours < 25.3, `${state?.hours}`);
    assert.equal(
      (await admin`select last_sync_at from raphael_private.list_accounts(
      (select user_id from raphael.provider_accounts where id = ${id}))`)[0]?.["last_sync_at"],
      null,
    );

    await leave();
    await due();
    assert.equal(await asked(tick), 0, "who has left is left alone");
  });
});

Deno.test("a subscription that Withings took away is made anew, also where a job of it was lost", async () => {
  await withUpkeep(async ({ database: { admin }, sandbox, receiver, join, tick }) => {
    await join("withings");
    await tick();
    const tell = async () => {
      sandbox.control.publish({ person: "demo", provider: "withings", resource: "measures" });
      await sandbox.control.settled();
      return [receiver.taken.length, receiver.refused];
    };
    receiver.isDown = true;
    assert.deepEqual(
      await tell(),
      [0, 10],
      "ten attempts, of which the fourth cost the subscription",
    );
    receiver.isDown = false;
    assert.deepEqual(await tell(), [0, 10], "nobody is told any more");

    await admin`update raphael_private.sync_state set next_poll_at = now()`;
    await admin`
      create function public.lose() returns trigger language plpgsql as 'begin return null; end'`;
    await admin`
      create trigger lose before insert on raphael_private.sync_jobs
      for each row execute function public.lose()`;
    assert.equal(await asked(tick), 0, "the job never came to be");
    await admin`drop trigger lose on raphael_private.sync_jobs`;
    assert.equal(await asked(tick), 0, "until the next day");
    await admin`update raphael_private.sync_state set next_poll_at = now()`;
    assert.equal(await asked(tick), 2, "listed, and the one that lacked made");
    assert.deepEqual(await tell(), [1, 10]);
  });
});
