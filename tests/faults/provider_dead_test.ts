import assert from "node:assert/strict";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { waitingJobs } from "./support/ledger.ts";
import { eventually, pause, random } from "./support/plan.ts";
import { percentile, withProviders, type World } from "./support/pretended_providers.ts";

const HEALTHY = 13;
const BACKLOG = counts(300, 5_000);
const PHASE_MS = counts(1_500, 20_000);
/** Until the workers have found out; each failure takes them most of a second. */
const FINDING_OUT_MS = 2_000;
/** Below it a lag is the machine's. */
const FLOOR_MS = 200;

/** 95th percentile of the lag, in milliseconds, of jobs that come to the healthy while this lasts. */
async function lagOfHealthy({ db, queuedAt, enqueue }: World, next: () => number) {
  const names: string[] = [];
  for (const end = Date.now() + PHASE_MS; Date.now() < end;) {
    names.push(...await enqueue(`well${Math.floor(next() * HEALTHY)}`, 3));
    await pause(60);
  }
  const done = () =>
    db.admin<{ name: string; at: number }[]>`
      select name, extract(epoch from at)::float8 * 1000 as at from faults.ledger
      where name = any (${names})`;
  await eventually(async () => (await done()).length === names.length, 15_000);
  const rows = await done();
  assert.equal(rows.length, names.length, "a healthy provider's job was lost");
  return percentile(rows.map(({ name, at }) => at - (queuedAt.get(name) ?? 0)), 0.95);
}

/** The same before and after one of fourteen dies: its requests hang, and its jobs are the first in line. */
async function beforeAndAfter(gated: boolean) {
  const next = random(SEED);
  let died = Infinity;
  const dead = (slug: string) => slug === "dead" && Date.now() > died;
  let result: { before: number; after: number; requests: number; waiting: number } | undefined;
  await withProviders({
    reply: (slug) => dead(slug) ? { status: 503, ms: 5_000 } : { status: 200 },
    gated,
    gate: { open_seconds: 0.5, probe_seconds: 2 },
  }, async (world) => {
    await Promise.all([world.workers.start(), world.workers.start()]);
    // Each has drawn breath: a process is slow to begin.
    await world.enqueue("dead", 20);
    await eventually(async () => await waitingJobs(world.db.admin) === 0, 15_000);
    await pause(counts(1_000, 5_000));
    const before = await lagOfHealthy(world, next);
    died = Date.now();
    await world.enqueue("dead", BACKLOG);
    await pause(FINDING_OUT_MS);
    const after = await lagOfHealthy(world, next);
    const [left] = await world.db.admin<[{ n: number }]>`
      select count(*)::int as n from raphael_private.sync_jobs where payload ->> 'resource' = 'dead'`;
    result = {
      before: Math.round(before),
      after: Math.round(after),
      requests: world.seen.filter(({ slug, at }) => slug === "dead" && at > died).length,
      waiting: left.n,
    };
  });
  assert.ok(result);
  return result;
}

fault(
  "FT-31",
  "one provider dead, thirteen healthy: theirs run as if it were not there",
  async () => {
    const { before, after, requests, waiting } = await beforeAndAfter(true);
    report("FT-31", {
      deadRequests: requests,
      deadWaiting: waiting,
      p95Before: before,
      p95After: after,
    });
    assert.ok(requests > 0, "no request met the dead provider");
    assert.equal(waiting, BACKLOG, "a dead provider's job was lost");
    assert.ok(after < 2 * Math.max(before, FLOOR_MS), `p95 lag ${after} ms after ${before} ms`);
  },
);

fault("FT-31", "control without the gate: the dead one fills the workers", async () => {
  const { before, after, requests } = await beforeAndAfter(false);
  report("FT-31 control", { deadRequests: requests, p95Before: before, p95After: after });
  assert.ok(after > 2 * Math.max(before, FLOOR_MS), "nobody waited: the harness is blind");
});
