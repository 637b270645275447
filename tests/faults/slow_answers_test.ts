import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { enqueue } from "@shared/db/jobs.ts";
import { counts, fault, type Injecting, report, SEED } from "./support/fault.ts";
import { between, eventually, pause, random } from "./support/plan.ts";
import { type Asked, dayAfter, list, night } from "./support/pretended_oura.ts";
import { type PullingWorld, withPulling } from "./support/pulling.ts";
import { linkRing, pullNights, storedNights } from "./support/rings.ts";

const RACES = counts(40, 1_000);
const CONTROL_RACES = 20;
const RINGS = 8;
/** Each holds one of the workers' 40 places while its first answer is held back. */
const AT_ONCE = 16;
const CONCURRENCY = 20;
/** The plan's 5 s, scaled: what counts is that the newer answer is stored by then. */
const HELD_MS = 300;
const OLD_SCORE = 50;
const NEW_SCORE = 80;

/** One night: asked for, changed meanwhile, asked for again and answered before the first. */
interface Race {
  readonly id: string;
  readonly day: string;
  /** The provider's newer answer is that there is no such night. */
  readonly goes: boolean;
  account: string;
  /** The old answer left after the newer one was stored. */
  hit: boolean;
}

interface Held {
  readonly arrived: PromiseWithResolvers<void>;
  readonly release: PromiseWithResolvers<void>;
}

function provider() {
  const scores = new Map<string, number | undefined>();
  const held = new Map<string, Held>();
  return {
    scores,
    held,
    async answer({ id: named, day, closing }: Asked): Promise<Response> {
      const id = named ?? `night-${day}`;
      const score = scores.get(id); // what it knows when it is asked, whenever it answers
      const first = held.get(id);
      held.delete(id);
      first?.arrived.resolve();
      closing.addEventListener("abort", () => first?.release.resolve());
      await first?.release.promise;
      const found = score === undefined ? [] : [night(id, id.replace("night-", ""), score)];
      if (named === undefined) return list(found);
      return found.length > 0 ? Response.json(found[0]) : new Response(null, { status: 404 });
    },
  };
}

/** Runs the races, and says how each night stands: the newer answer, or the older one that came later. */
async function run(
  { db, workers, drained }: PullingWorld,
  { scores, held }: ReturnType<typeof provider>,
  count: number,
  injecting: Injecting,
) {
  const next = random(SEED);
  await Promise.all([workers.start(), workers.start()]);
  const rings: string[] = [];
  for (let n = 0; n < RINGS; n++) rings.push(await linkRing(db, `person-${n}`));
  const races = Array.from({ length: count }, (_, n): Race => {
    const day = dayAfter("2020-01-01", n);
    return {
      id: `night-${day}`,
      day,
      goes: next() < 0.25,
      account: rings[n % RINGS] ?? "",
      hit: false,
    };
  });
  const stands = async (race: Race) => {
    const [one] = await storedNights(db, race.id);
    return race.goes ? one?.deleted === true : one?.score === NEW_SCORE;
  };
  async function duel(race: Race): Promise<void> {
    const { id, day, account } = race;
    const first = {
      arrived: Promise.withResolvers<void>(),
      release: Promise.withResolvers<void>(),
    };
    held.set(id, first);
    scores.set(id, OLD_SCORE);
    await enqueue(db.app, [pullNights(account, day)]);
    await first.arrived.promise;
    scores.set(id, race.goes ? undefined : NEW_SCORE);
    // By webhook, which names the record, or by a poll, whose window begins an hour elsewhere.
    const byName = race.goes || next() < 0.5;
    await enqueue(db.app, [
      byName
        ? {
          kind: "sync.record",
          payload: { accountId: account, resource: "daily_sleep", recordId: id },
          accountId: account,
        }
        : pullNights(account, day, 1, 1),
    ]);
    race.hit = await eventually(() => stands(race), 10_000);
    await pause(between(next, 0, HELD_MS));
    first.release.resolve();
  }
  let begun = 0;
  const lane = async () => {
    while (begun < races.length && injecting()) await duel(races[begun++] ?? assert.fail());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  await drained(30_000);
  const raced = races.slice(0, begun);
  let [stale, resurrected] = [0, 0];
  const stored = new Map((await storedNights(db)).map((one) => [one.id, one]));
  for (const { id, goes } of raced) {
    const one = stored.get(id);
    if (goes && one?.deleted !== true) resurrected++;
    if (!goes && one?.score !== NEW_SCORE) stale++;
  }
  return { races: raced.length, hits: raced.filter(({ hit }) => hit).length, stale, resurrected };
}

fault("FT-19", "a slow old answer after a fast new one: the newer stands", async (injecting) => {
  const oura = provider();
  await withPulling({ answer: oura.answer, concurrency: CONCURRENCY }, async (world) => {
    const found = await run(world, oura, RACES, injecting);
    report("FT-19", found);
    assert.equal(found.hits, found.races, "an old answer came before the newer one was stored");
    assert.ok(found.races > 0);
    assert.deepEqual([found.stale, found.resurrected], [0, 0]);
  });
});

/** Takes the moment of the answer for the one when it was observed. */
async function observeLate(admin: Sql): Promise<void> {
  const [ingest] = await admin<[{ arguments: string; result: string; names: string[] }]>`
    select pg_get_function_arguments(oid) as arguments, pg_get_function_result(oid) as result,
           proargnames[1:pronargs] as names
    from pg_proc where proname = 'ingest_records'`;
  assert.ok(ingest.names.includes("p_observed"));
  const late = "array(select clock_timestamp() from unnest(p_observed))";
  const given = ingest.names.map((name) => name === "p_observed" ? late : name);
  await admin.unsafe(`
    alter function raphael_private.ingest_records rename to ingest_as_observed;
    create function raphael_private.ingest_records(${ingest.arguments}) returns ${ingest.result}
    language sql security definer set search_path = '' as
      'select * from raphael_private.ingest_as_observed(${given.join(", ")})';
    grant execute on function raphael_private.ingest_records to raphael_app;`);
}

fault("FT-19", "control by the time of the answer: the older one stands", async (injecting) => {
  const oura = provider();
  await withPulling({ answer: oura.answer, concurrency: CONCURRENCY }, async (world) => {
    await observeLate(world.db.admin);
    const found = await run(world, oura, CONTROL_RACES, injecting);
    report("FT-19 control", found);
    assert.ok(found.stale > 0 && found.resurrected > 0, "nothing was stale: the harness is blind");
  });
});
