import assert from "node:assert/strict";
import { enqueue } from "@shared/db/jobs.ts";
import { BAD_BODIES, type BadBody, badBody, TOO_LARGE } from "./support/bad_bodies.ts";
import { counts, fault, type Injecting, report } from "./support/fault.ts";
import { residentMb } from "./support/memory.ts";
import { eventually, pause } from "./support/plan.ts";
import { type Asked, dayAfter, list, night } from "./support/pretended_oura.ts";
import { type PullingWorld, withPulling } from "./support/pulling.ts";
import { linkRing, pullNights, storedNights } from "./support/rings.ts";

const FAULTS = counts(18, 200);
const GB = 1_000_000_000;
const SIZE = 5 * GB;
/** Enough to see, and no danger to the machine. */
const CONTROL_SIZE = 0.25 * GB;
/** Five answers of 5 MiB at once, and what the collector leaves lying: 190 after 200 and after 500 faults. */
const GROWTH_MB = 256;
const FIRST_DAY = "2010-01-01";
/** Each bad answer is followed by a good one. */
const STRIDE = 2;

interface Bad {
  readonly kind: BadBody;
  readonly day: string;
  hits: number;
}

function provider(bad: ReadonlyMap<string, Bad>, size: number) {
  const counted = { sentMb: 0 };
  const onSent = (bytes: number) => {
    counted.sentMb += bytes / 1e6;
  };
  return {
    counted,
    answer({ day, closing }: Asked): Response | Promise<Response> {
      const fault = bad.get(day);
      if (fault && fault.hits === 0) {
        fault.hits++;
        return badBody(fault.kind, size, closing, onSent);
      }
      return list([night(`night-${day}`, day, 70)]);
    },
  };
}

function faultsOf(count: number, kinds: readonly BadBody[]): Map<string, Bad> {
  return new Map(
    Array.from({ length: count }, (_, n) => {
      const day = dayAfter(FIRST_DAY, n * STRIDE);
      return [day, { kind: kinds[n % kinds.length] ?? "huge", day, hits: 0 }];
    }),
  );
}

/** The most that a process took while `work` ran, beside what it took before. */
async function growthMb(pid: number, work: () => Promise<void>): Promise<number> {
  const before = residentMb(pid);
  let [peak, over] = [before, false];
  const watching = (async () => {
    while (!over) {
      peak = Math.max(peak, residentMb(pid));
      await pause(20);
    }
  })();
  await work().finally(() => over = true);
  await watching;
  return Math.round(peak - before);
}

/** Queues a bad night and a good one in turn, a few at a time so that the long form can stop. */
async function feed(
  { db }: PullingWorld,
  account: string,
  bad: ReadonlyMap<string, Bad>,
  injecting: Injecting,
): Promise<readonly Bad[]> {
  const all = [...bad.values()];
  const fed: Bad[] = [];
  const waiting = async () => {
    const [row] = await db.admin<[{ n: number }]>`
      select count(*)::int as n from raphael_private.sync_jobs`;
    return row.n;
  };
  while (fed.length < all.length && injecting()) {
    const some = all.slice(fed.length, fed.length + 10);
    await enqueue(
      db.app,
      some.flatMap(({ day }) => [pullNights(account, day), pullNights(account, dayAfter(day))]),
    );
    fed.push(...some);
    await eventually(async () => await waiting() < 10, 60_000);
  }
  return fed;
}

fault(
  "FT-32",
  "bodies that drip, stall or never end: cut off by limits, memory flat, the next job fine",
  async (injecting) => {
    const bad = faultsOf(FAULTS, BAD_BODIES);
    const oura = provider(bad, SIZE);
    const plan = {
      answer: oura.answer,
      timeoutSeconds: 1,
      gate: { open_seconds: 0.2, ramp_seconds: 0.02, probe_seconds: 3 },
    };
    await withPulling(plan, async (world) => {
      const account = await linkRing(world.db, "person");
      const worker = await world.workers.start();
      // The first good answers: a process that has just begun still grows.
      const warm = Array.from(
        { length: 20 },
        (_, n) => pullNights(account, dayAfter("2000-01-01", n)),
      );
      await enqueue(world.db.app, warm);
      await world.drained(20_000);
      let fed: readonly Bad[] = [];
      const grownMb = await growthMb(worker.pid, async () => {
        fed = await feed(world, account, bad, injecting);
        await world.drained(60_000);
      });
      const died = await world.db.admin<{ day: string; error: string }[]>`
        select left(payload ->> 'from', 10) as day, error from raphael_private.dead_jobs`;
      await world.db.admin`select raphael_private.redrive_jobs(p_kind => 'sync.pull')`;
      await world.drained(20_000);
      const stored = new Set((await storedNights(world.db)).map(({ id }) => id));
      const expected = fed.flatMap(({ day }) => [day, dayAfter(day)]);
      const lost = expected.filter((day) => !stored.has(`night-${day}`)).length;
      report("FT-32", {
        hits: fed.filter(({ hits }) => hits > 0).length,
        sentMb: Math.round(oura.counted.sentMb),
        grownMb,
        died: died.length,
        lost,
      });
      assert.ok(fed.length > 0 && fed.every(({ hits }) => hits === 1), "a bad answer was not met");
      assert.ok(worker.alive(), worker.lastWords());
      assert.ok(grownMb < GROWTH_MB, `memory grew by ${grownMb} MB`);
      assert.equal(lost, 0);
      const tooLarge = fed.filter(({ kind }) => TOO_LARGE.has(kind)).map(({ day }) => day);
      assert.deepEqual(died.map(({ day }) => day).toSorted(), tooLarge.toSorted());
      for (const { error } of died) assert.match(error, /body is too large/);
    });
  },
);

fault("FT-32", "control: a reader without limits grows", async () => {
  const bad = faultsOf(2, [...TOO_LARGE]);
  const oura = provider(bad, CONTROL_SIZE);
  await withPulling({ answer: oura.answer, control: "reads_all" }, async (world) => {
    const account = await linkRing(world.db, "person");
    const worker = await world.workers.start();
    const grownMb = await growthMb(worker.pid, async () => {
      await enqueue(world.db.app, [...bad.keys()].map((day) => pullNights(account, day)));
      await world.drained(60_000);
    });
    report("FT-32 control", { hits: bad.size, sentMb: Math.round(oura.counted.sentMb), grownMb });
    assert.ok(grownMb > GROWTH_MB, "it did not grow: the harness is blind");
  });
});
