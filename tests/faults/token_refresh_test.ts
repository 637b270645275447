import assert from "node:assert/strict";
import { counts, fault, report } from "./support/fault.ts";
import { eventually } from "./support/plan.ts";
import type { RotationMode } from "./support/token_provider.ts";
import { FAST, finish, withTokens } from "./support/token_world.ts";

const MINUTES_MS = counts(60_000, 90_000);

/** Processes that refresh the same accounts at once, until the provider has rotated so often. */
async function race(
  id: string,
  p: { mode: RotationMode; rotations: number; processes: number; accounts: number; naive?: true },
) {
  const { mode, rotations, processes, accounts, naive } = p;
  let result: { reuses: number; dead: number } | undefined;
  await withTokens({ mode, accounts }, async ({ provider, workers, check }) => {
    const crew = workers(naive ? { naive } : {});
    const all = await Promise.all(Array.from({ length: processes }, () => crew.start()));
    const start = Date.now();
    const enough = () => provider.counts.rotations >= rotations;
    await eventually(
      async () => enough() || (naive ?? false) && (await check()).healthy === 0,
      MINUTES_MS,
    );
    await finish(all);
    const found = await check();
    const { rotations: reached, reuses } = provider.counts;
    report(id, {
      processes,
      accounts,
      rotations: reached,
      reuses,
      ...found,
      ms: Date.now() - start,
    });
    assert.ok(reached > accounts, "hardly any token was refreshed");
    result = { reuses, dead: accounts - found.healthy };
  });
  assert.ok(result);
  return result;
}

const CREW = { processes: counts(3, 16), accounts: counts(12, 200) };

fault("FT-20", "workers race for the same tokens: none is shown twice, none is lost", async () => {
  const rotations = counts(200, 50_000);
  const found = await race("FT-20", { mode: "strict", rotations, ...CREW });
  assert.deepEqual(found, { reuses: 0, dead: 0 });
});

fault("FT-20", "control without lease and compare: the harness sees dead links", async () => {
  const rotations = counts(200, 5_000);
  const found = await race("FT-20 control", { mode: "strict", rotations, ...CREW, naive: true });
  assert.ok(found.reuses > 0 && found.dead > 0, "the race harms nobody: the harness is blind");
});

fault("FT-25", "a provider that ends the grant at the first reuse never sees one", async () => {
  const rotations = counts(200, 50_000);
  const found = await race("FT-25", { mode: "family", rotations, ...CREW });
  assert.deepEqual(found, { reuses: 0, dead: 0 });
});

fault("FT-22", "an answer that comes after its lease was taken over is stored", async () => {
  const wanted = counts(8, 500);
  const stallMs = 1.5 * FAST.leaseSeconds * 1_000;
  let stalls = 0;
  const stallSome = () => stalls < wanted && Math.random() < 0.2 ? (stalls++, stallMs) : undefined;
  const accounts = counts(12, 200);
  await withTokens(
    { mode: "strict", accounts, fault: stallSome, plan: { times: FAST, lanes: counts(8, 32) } },
    async ({ provider, workers, settle, check }) => {
      const crew = workers();
      const all = await Promise.all([crew.start(), crew.start()]);
      await eventually(() => provider.counts.faults >= wanted, MINUTES_MS);
      await finish(all);
      await settle();
      const found = await check();
      const late = crew.said("refresh_late");
      report("FT-22", { stalls: provider.counts.faults, late, ...found });
      assert.ok(late > 0, "no answer came late");
      assert.deepEqual(found, {
        healthy: accounts,
        deadLost: 0,
        deadSpurious: 0,
        silentBroken: 0,
        unreadable: 0,
      });
    },
  );
});
