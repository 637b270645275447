/** Polls that fall due: each provider's own, and the daily look back that repairs lost news. */
import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { failAccount } from "@shared/db/accounts.ts";
import { connect } from "@shared/db/client.ts";
import { schedulePolls } from "@shared/db/sync.ts";
import type { ConfiguredProvider } from "@shared/providers/configured.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { enqueueDuePolls } from "@shared/sync/poll.ts";
import { firstPolls, pollsOf } from "@shared/sync/plan.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson, plain, type TestAccount } from "../support/people.ts";

const find = (slug: string) => {
  const driver = PROVIDERS.find((one) => one.slug === slug);
  return driver ?? assert.fail(`no driver ${slug}`);
};

async function tick({ appUrl }: TestDatabase): Promise<number> {
  const db = connect({ url: new Secret(appUrl), max: 2, prepare: false });
  // SAFETY: the tick reads no more of a configured provider than its driver.
  const all = () => PROVIDERS.map((driver) => ({ driver })) as unknown as ConfiguredProvider[];
  try {
    const providers = { all, get: () => undefined };
    return await enqueueDuePolls({ db, providers, now: () => new Date() });
  } finally {
    await db.close();
  }
}

/** A fresh link, as `complete` makes it. */
async function linked({ app, admin }: TestDatabase, provider: string): Promise<TestAccount> {
  const account = await addAccount(app, await addPerson(admin), { provider });
  await schedulePolls(app, account.id, firstPolls(find(provider), undefined));
  return account;
}

/** As if the next poll of everything had fallen due so long ago. */
async function makeDue({ admin }: TestDatabase, since: string): Promise<void> {
  await admin`
    update raphael_private.sync_state set next_poll_at = now() - ${since}::interval`;
}

interface Span {
  readonly resource: string | null;
  readonly hours: number;
}

/** What the queued jobs together read, by resource: pieces of one window count as one. */
async function spans({ admin }: TestDatabase): Promise<Span[]> {
  return plain(
    await admin<Span[]>`
      select payload ->> 'resource' as resource,
             round(extract(epoch from max((payload ->> 'to')::timestamptz)
                                    - min((payload ->> 'from')::timestamptz)) / 3600)::int as hours
      from raphael_private.sync_jobs group by 1 order by 1`,
  );
}

for (const slug of ["oura", "dexcom"]) {
  Deno.test(`enqueueDuePolls() reads what ${slug} says of each resource, a week where it says nothing`, async () => {
    await withDatabase(async (database) => {
      await linked(database, slug);
      assert.equal(await tick(database), 0, "the backfill has just read all");
      await makeDue(database, "1 second");
      assert.ok(await tick(database) > 0);
      const expected = pollsOf(find(slug), undefined)
        .map(({ resource, trailingHours }) => ({ resource, hours: trailingHours }));
      assert.deepEqual(
        await spans(database),
        expected.sort((a, b) => a.resource < b.resource ? -1 : 1),
      );
      assert.ok(expected.some(({ hours }) => hours >= 24));
      assert.equal(await tick(database), 0, "each is due once");
    });
  });
}

Deno.test("enqueueDuePolls() asks a pushing provider for its last week, daily", async () => {
  await withDatabase(async (database) => {
    await linked(database, "terra");
    await makeDue(database, "1 second");
    await tick(database);
    const jobs = await database.admin`select distinct kind from raphael_private.sync_jobs`;
    assert.deepEqual(plain(jobs), [{ kind: "sync.request_history" }]);
    assert.deepEqual(await spans(database), [{ resource: null, hours: 7 * 24 }]);
    const [next] = await database.admin<{ hours: number }[]>`
      select extract(epoch from next_poll_at - now())::float8 / 3600 as hours
      from raphael_private.sync_state`;
    assert.ok(next && next.hours > 22.7 && next.hours < 25.3, `${next?.hours}`);
  });
});

Deno.test("enqueueDuePolls() reads further back the later it comes: ticks that were lost lose nothing", async () => {
  await withDatabase(async (database) => {
    await linked(database, "oura");
    await makeDue(database, "10 days 30 minutes");
    await tick(database);
    const own = new Map(pollsOf(find("oura"), undefined).map((one) => [one.resource, one]));
    const read = await spans(database);
    assert.equal(read.length, own.size);
    for (const { resource, hours } of read) {
      assert.equal(hours, (own.get(resource ?? "")?.trailingHours ?? 0) + 240);
    }
  });
});

Deno.test("enqueueDuePolls() leaves alone what is closed, and finds it due once it is open again", async () => {
  await withDatabase(async (database) => {
    const account = await linked(database, "oura");
    await failAccount(database.app, account, "revoked");
    await makeDue(database, "1 second");
    assert.equal(await tick(database), 0);
    await database.admin`update raphael.provider_accounts set status = 'active', cause = null`;
    assert.ok(await tick(database) > 0);
  });
});

Deno.test("enqueueDuePolls() of two workers at once queues each poll once", async () => {
  await withDatabase(async (database) => {
    for (let n = 0; n < 5; n++) await linked(database, "oura");
    await makeDue(database, "1 second");
    const counts = await Promise.all([tick(database), tick(database), tick(database)]);
    const polls = 5 * pollsOf(find("oura"), undefined).length;
    const [row] = await database.admin<[{ jobs: number; late: number }]>`
      select (select count(*)::int from raphael_private.sync_jobs) as jobs,
             (select count(*)::int from raphael_private.sync_state where next_poll_at <= now()) as late`;
    assert.deepEqual([counts.reduce((a, b) => a + b), row.late], [row.jobs, 0]);
    assert.ok(row.jobs >= polls);
  });
});
