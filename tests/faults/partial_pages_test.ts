import assert from "node:assert/strict";
import { enqueue } from "@shared/db/jobs.ts";
import { counts, fault, type Injecting, report, SEED } from "./support/fault.ts";
import {
  DIES,
  FIRST_DAY,
  GAP,
  KINDS,
  MENDS,
  nightId,
  PAGES,
  provider,
  type Ring,
  ROWS,
} from "./support/partial_pages.ts";
import { random } from "./support/plan.ts";
import { type PullingWorld, withPulling } from "./support/pulling.ts";
import { linkRing, pullNights, storedNights } from "./support/rings.ts";

const RINGS = counts(14, 50);
/** Each fails once, the later ones as probes in a row, which double the breaker's wait: fifty took over a minute. */
const CONTROL_RINGS = 14;
const PASSES = counts(1, 20);
const DRAIN_MS = 60_000;
/** Breakers open and close in tenths of a second. */
const GATE = { open_seconds: 0.2, ramp_seconds: 0.02, probe_seconds: 5 };

/** Five pages, two failures and one to spare: pages that go round are known before. */
const MOST_REQUESTS = 8;

/** What stands of each ring's pages: the oldest and newest version that a row of the page has. */
async function pagesOf({ db }: PullingWorld, rings: readonly Ring[]) {
  const stored = new Map((await storedNights(db)).map((one) => [one.id, one]));
  const deleted = [...stored.values()].filter((one) => one.deleted).length;
  let [missing, past] = [0, 0];
  const complete = new Set<Ring>();
  for (const ring of rings) {
    const oldest: number[] = [];
    const newest: number[] = [];
    for (let page = 1; page <= PAGES; page++) {
      const scores = Array.from(
        { length: ROWS },
        (_, row) => stored.get(nightId(ring, page, row))?.score ?? 0,
      );
      missing += scores.filter((score) => score === 0).length;
      oldest.push(Math.min(...scores));
      newest.push(Math.max(...scores));
    }
    // No page may be newer than one before it: then a cursor has passed a gap.
    if (newest.some((score, n) => n > 0 && score > (oldest[n - 1] ?? 0))) past++;
    if (Math.min(...oldest) === ring.version) complete.add(ring);
  }
  return { deleted, missing, past, complete };
}

const read = ({ db }: PullingWorld, rings: readonly Ring[]) =>
  enqueue(db.app, rings.map(({ account }) => pullNights(account, FIRST_DAY, PAGES * ROWS)));

async function link({ db }: PullingWorld, rings: ReadonlyMap<string, Ring>): Promise<void> {
  for (const ring of rings.values()) ring.account = await linkRing(db, ring.person);
}

function createRings(count: number): Map<string, Ring> {
  const ring = (n: number): Ring => ({
    person: `person${n}`,
    account: "",
    version: 1,
    left: 0,
    hits: 0,
    asked: [],
  });
  return new Map(Array.from({ length: count }, (_, n) => [`person${n}`, ring(n)]));
}

/** One pass: every ring changes, page 3 of each goes wrong, and then it is healed and read again. */
async function pass(world: PullingWorld, rings: readonly Ring[], next: () => number, n: number) {
  const counted = { tombstones: 0, missing: 0, past: 0, restarted: 0, endless: 0, unfinished: 0 };
  for (const [at, ring] of rings.entries()) {
    ring.version++;
    ring.kind = KINDS[(at + n) % KINDS.length];
    ring.left = ring.kind === "fails" || ring.kind === "cut" ? 1 + Math.floor(next() * 2) : 1;
    if (ring.kind && !MENDS.has(ring.kind)) ring.left = Infinity;
    ring.asked = [];
  }
  await read(world, rings);
  await world.drained(DRAIN_MS);
  const broken = await pagesOf(world, rings);
  const dead = await world.db.admin<{ account: string; error: string }[]>`
    select account_id as account, error_class as error from raphael_private.dead_jobs
    where redriven_at is null`;
  counted.tombstones += broken.deleted;
  counted.missing += broken.missing;
  counted.past += broken.past;
  for (const ring of rings) {
    const { kind = "fails", asked } = ring;
    if (MENDS.has(kind) && !broken.complete.has(ring)) counted.unfinished++;
    // It resumes at the page that failed: what was read before is not asked for again.
    if (MENDS.has(kind) && asked.filter((page) => page < GAP).length !== GAP - 1) {
      counted.restarted++;
    }
    if (asked.length > MOST_REQUESTS) counted.endless++;
    assert.equal(
      dead.filter((one) => one.account === ring.account && one.error === "contract").length,
      DIES.has(kind) ? 1 : 0,
      `${kind}: a read that cannot end dies, once, and no other`,
    );
    ring.kind = undefined;
  }
  await world.db.admin`select raphael_private.redrive_jobs(p_error_class => 'contract')`;
  await read(world, rings.filter((ring) => !broken.complete.has(ring)));
  await world.drained(DRAIN_MS);
  const healed = await pagesOf(world, rings);
  counted.unfinished += rings.length - healed.complete.size;
  counted.tombstones += healed.deleted;
  return counted;
}

async function run(world: PullingWorld, rings: ReadonlyMap<string, Ring>, injecting: Injecting) {
  const next = random(SEED);
  const all = [...rings.values()];
  const totals = { tombstones: 0, missing: 0, past: 0, restarted: 0, endless: 0, unfinished: 0 };
  let passes = 0;
  for (; passes < PASSES && injecting(); passes++) {
    const counted = await pass(world, all, next, passes);
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) {
      totals[name] += counted[name];
    }
  }
  return { passes, hits: all.reduce((sum, { hits }) => sum + hits, 0), ...totals };
}

fault(
  "FT-33",
  "page 3 of 5 fails, repeats, goes round or shrinks: no gap is passed, nothing is buried, it resumes",
  async (injecting) => {
    const rings = createRings(RINGS);
    await withPulling({ answer: provider(rings), concurrency: 20, gate: GATE }, async (world) => {
      await link(world, rings);
      await Promise.all([world.workers.start(), world.workers.start()]);
      await read(world, [...rings.values()]);
      await world.drained(DRAIN_MS);
      const { passes, hits, ...found } = await run(world, rings, injecting);
      report("FT-33", { rings: RINGS, passes, hits, ...found });
      assert.ok(hits >= RINGS * passes && passes > 0);
      assert.deepEqual(found, {
        tombstones: 0,
        missing: 0,
        past: 0,
        restarted: 0,
        endless: 0,
        unfinished: 0,
      });
    });
  },
  { longSeconds: 100 },
);

fault("FT-33", "control: a cursor that is saved before its page loses rows", async () => {
  const rings = createRings(CONTROL_RINGS);
  const plan = { answer: provider(rings), gate: GATE, control: { pages: PAGES } };
  await withPulling(plan, async (world) => {
    await link(world, rings);
    await world.workers.start();
    const all = [...rings.values()];
    await read(world, all);
    await world.drained(DRAIN_MS);
    for (const ring of all) Object.assign(ring, { version: 2, kind: "fails", left: 1 });
    await read(world, all);
    await world.drained(DRAIN_MS);
    const { past, complete } = await pagesOf(world, all);
    const hits = all.reduce((sum, ring) => sum + ring.hits, 0);
    report("FT-33 control", { hits, past, unfinished: CONTROL_RINGS - complete.size });
    assert.ok(past > 0, "no row was lost: the harness is blind");
  });
});
