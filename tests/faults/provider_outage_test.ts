import assert from "node:assert/strict";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { waitingJobs } from "./support/ledger.ts";
import { eventually, pause, random } from "./support/plan.ts";
import {
  leftOf,
  mostWithin,
  type Reply,
  withProviders,
  type World,
  type WorldPlan,
} from "./support/pretended_providers.ts";

/** Half a minute becomes a quarter of a second. */
const GATE = { open_seconds: 0.25, ramp_seconds: 0.25, probe_seconds: 2 } as const;

/** A budget with its window, the outage, and the jobs that are ready when it begins. */
const OUTAGE = {
  requests: counts(80, 150),
  perSeconds: 2,
  outageMs: counts(1_500, 30_000),
  accounts: counts(5, 50),
  jobs: counts(120, 5_000),
};
/** Between the gate's decision and the provider's clock lies one busy machine. */
const JITTER_MS = 100;

interface Outage {
  readonly most: number;
  readonly refused: number;
  readonly ended: boolean;
  readonly left: Awaited<ReturnType<typeof leftOf>>;
  /** When an account's last job was done, as a share of the whole time: its least and its most. */
  readonly ends: readonly [number, number];
  readonly requests: number;
}

async function outage(gated: boolean, patienceMs: number): Promise<Outage> {
  const { requests, perSeconds, outageMs, accounts, jobs } = OUTAGE;
  let over = Infinity;
  const reply = (): Reply => ({ status: Date.now() < over ? 503 : 200 });
  const limits = [{ requests, perSeconds, scope: "app" as const }];
  let result: Outage | undefined;
  await withProviders({ reply, limits, gated, gate: GATE }, async (world) => {
    const { db, workers, seen } = world;
    for (let n = 0; n < accounts; n++) await world.enqueue("p", jobs / accounts);
    await Promise.all([workers.start(), workers.start()]);
    over = Date.now() + outageMs;
    const ended = await eventually(
      async () => await waitingJobs(db.admin) === 0,
      outageMs + patienceMs,
    );
    const [ends] = await db.admin<[{ first: number; last: number }]>`
      with done as (
        select split_part(l.name, ':', 2)::int / ${
      jobs / accounts
    }::int as account, extract(epoch from l.at) as at
        from faults.ledger l
      ), whole as (select min(at) as from_at, max(at) - min(at) as span from done),
      last as (select (max(d.at) - min(w.from_at)) / nullif(min(w.span), 0) as share from done d, whole w group by d.account)
      select min(share)::float8 as first, max(share)::float8 as last from last`;
    result = {
      most: mostWithin(seen, perSeconds * 1_000 - JITTER_MS),
      refused: seen.filter((one) => one.status === 503).length,
      ended,
      left: await leftOf(db),
      ends: [ends.first, ends.last],
      requests: seen.length,
    };
  });
  assert.ok(result);
  return result;
}

fault("FT-29", "outage and return: the budget holds from the first, nobody starves", async () => {
  const found = await outage(true, counts(15_000, 300_000));
  const { most, refused, ended, left, ends, requests } = found;
  const [firstEnd, lastEnd] = ends;
  report("FT-29", { requests, refused, most, budget: OUTAGE.requests, firstEnd, lastEnd, ...left });
  assert.ok(refused > 0, "no request met the outage");
  assert.ok(most <= OUTAGE.requests, `${most} requests in one window`);
  assert.ok(ended, "the jobs do not end");
  assert.deepEqual(left, { waiting: 0, dead: 0, attempts: 1, doubled: 0 });
  // No account is left for the end, and none done long before the others.
  assert.ok(firstEnd > 0.5, `one account was done after ${firstEnd} of the time`);
});

fault("FT-29", "control without the gate: the budget is overrun", async () => {
  const { most, requests } = await outage(false, 500);
  report("FT-29 control", { requests, most, budget: OUTAGE.requests });
  assert.ok(most > OUTAGE.requests, "the budget held without the gate: the harness is blind");
});

/** Each change of a breaker, and how many probes were under way. */
const JOURNAL = `
  create table faults.transitions (
    id bigint generated always as identity primary key, provider text, was text, became text, slots int,
    at timestamptz not null default clock_timestamp(), until timestamptz);
  create function faults.note_transition() returns trigger language plpgsql security definer as $$
  begin
    insert into faults.transitions (provider, was, became, slots, until)
    values (new.provider, old.breaker, new.breaker, cardinality(new.slots), new.blocked_until);
    return null;
  end $$;
  create trigger note_transition after update on raphael_private.provider_gates for each row
    when (old.breaker is distinct from new.breaker or new.breaker = 'half_open')
    execute function faults.note_transition();`;

const LEGAL = [
  "closed open",
  "open half_open",
  "half_open half_open",
  "half_open open",
  "half_open ramping",
  "ramping open",
  "ramping closed",
];

async function flap(seconds: number, before: (world: World) => Promise<void> = async () => {}) {
  const next = random(SEED);
  const plan: WorldPlan = {
    reply: () => ({ status: next() < 0.5 ? 500 : 200 }),
    // A budget too, so that the jobs last.
    limits: [{ requests: 400, perSeconds: 2, scope: "app" }],
    gate: { ...GATE, ramp_seconds: 0.1 },
  };
  let result: { illegal: string[]; openings: number; probes: number; early: number } | undefined;
  await withProviders(plan, async (world) => {
    const { db, workers, seen } = world;
    await db.admin.unsafe(JOURNAL);
    await before(world);
    for (let n = 0; n < 4; n++) await world.enqueue("p", counts(400, 10_000));
    await Promise.all([workers.start(), workers.start()]);
    await pause(seconds * 1_000);
    const rows = await db.admin<{ step: string; slots: number; at: number; until: number }[]>`
      select was || ' ' || became as step, slots, extract(epoch from at)::float8 * 1000 as at,
             extract(epoch from until)::float8 * 1000 as until
      from faults.transitions order by id`;
    const openings = rows.filter(({ step }) => step.endsWith(" open"));
    result = {
      illegal: rows.map(({ step }) => step).filter((step) => !LEGAL.includes(step)),
      openings: openings.length,
      probes: Math.max(
        ...rows.filter(({ step }) => step.endsWith("half_open")).map((r) => r.slots),
      ),
      early: seen.filter(({ at }) =>
        openings.some((one) =>
          at > one.at + JITTER_MS && at < one.until - 5
        )
      ).length,
    };
  });
  assert.ok(result);
  return result;
}

fault("FT-30", "flapping provider: legal transitions only, one probe at a time", async () => {
  const { illegal, openings, probes, early } = await flap(counts(5, 90));
  report("FT-30", { openings, probes, early, illegal: illegal.length });
  assert.ok(openings > 0, "the breaker never opened");
  assert.deepEqual([illegal, probes, early], [[], 1, 0]);
});

fault("FT-30", "control with a breaker that skips its probe: the journal shows it", async () => {
  const { openings, illegal } = await flap(3, async ({ db }) => {
    await db.admin.unsafe(`
      create function faults.skip_probe() returns trigger language plpgsql as $$
      begin new.breaker := 'closed'; return new; end $$;
      create trigger a_skip_probe before update on raphael_private.provider_gates for each row
        when (new.breaker = 'half_open') execute function faults.skip_probe();`);
  });
  report("FT-30 control", { openings, illegal: illegal.length });
  assert.ok(openings > 0, "the breaker never opened");
  assert.ok(illegal.includes("open closed"), "the journal is blind");
});
