import assert from "node:assert/strict";
import type { Rotation } from "@shared/providers/link.ts";
import { counts, fault, report } from "./support/fault.ts";
import { eventually } from "./support/plan.ts";
import type { DenoProcess } from "./support/process.ts";
import { CRASH_POINTS, type CrashPoint } from "./support/token_client.ts";
import type { AnswerFault, RotationMode } from "./support/token_provider.ts";
import { FAST, finish, type Found, type TokenWorld, withTokens } from "./support/token_world.ts";
import type { Workers } from "./support/workers.ts";

const MINUTES_MS = counts(60_000, 90_000);
const PROCESSES = counts(2, 4);
/** What the driver says of a provider like this. */
const ROTATION = {
  none: { kind: "none" },
  strict: { kind: "single_use" },
  family: { kind: "single_use" },
  grace: { kind: "grace", seconds: 30 },
  until_use: { kind: "until_use" },
} as const satisfies Record<RotationMode, Rotation>;

/** Keeps so many workers alive while they die at their crash points, until `enough` of them did. */
async function mourn(crew: Workers, died: () => number, enough: number): Promise<void> {
  const end = Date.now() + MINUTES_MS;
  await Promise.all(Array.from({ length: PROCESSES }, async () => {
    while (died() < enough && Date.now() < end) {
      const worker: DenoProcess = await crew.start();
      await Promise.race([worker.ended, eventually(() => died() >= enough, end - Date.now())]);
      if (worker.alive()) await finish([worker]);
    }
  }));
}

async function crashes(
  id: string,
  p: { mode: RotationMode; points: readonly CrashPoint[]; kills: number; accounts: number },
): Promise<Found> {
  let result: Found | undefined;
  await withTokens(
    {
      mode: p.mode,
      accounts: p.accounts,
      latencyMs: 40,
      plan: { times: FAST, crash: { points: p.points, share: 0.3 }, rotation: ROTATION[p.mode] },
    },
    async ({ provider, workers, settle, check }: TokenWorld) => {
      const crew = workers();
      const died = () => crew.said("crash");
      await mourn(crew, died, p.kills);
      await settle();
      result = await check();
      const hits = Object.fromEntries(
        p.points.map((point) => [point, crew.said("crash", new RegExp(point))]),
      );
      const { rotations, reuses } = provider.counts;
      report(id, { kills: died(), ...hits, accounts: p.accounts, rotations, reuses, ...result });
      assert.ok(died() > 0, "no worker died in a refresh");
    },
  );
  assert.ok(result);
  return result;
}

fault("FT-21", "worker killed within a refresh: who is given up has lost their token", async () => {
  const found = await crashes("FT-21", {
    mode: "strict",
    points: CRASH_POINTS,
    kills: counts(6, 1_000),
    accounts: counts(40, 1_500),
  });
  const { deadSpurious, silentBroken, unreadable } = found;
  assert.deepEqual({ deadSpurious, silentBroken, unreadable }, NONE);
  assert.ok(found.healthy > 0);
});

fault(
  "FT-24",
  "worker killed before the commit: what is good until its successor's use is kept",
  async () => {
    const accounts = counts(12, 200);
    const found = await crashes("FT-24", {
      mode: "until_use",
      points: ["after_send", "after_response", "before_commit"],
      kills: counts(6, 1_000),
      accounts,
    });
    assert.equal(found.healthy, accounts);
  },
);

const NONE = { deadSpurious: 0, silentBroken: 0, unreadable: 0 };
const SPOILERS: readonly AnswerFault[] = ["drop", "500", "truncated"];

/** The first answer of every second account is spoilt after the provider rotated, in one of three ways. */
async function spoil(id: string, mode: RotationMode, accounts: number) {
  let result: { found: Found; spoilt: number } | undefined;
  const met = new Set<string>();
  // Every second one, so that what is lost can be told from what is not.
  const spoilEvery = (account: string) => {
    if (met.has(account)) return undefined;
    const turn = met.size;
    met.add(account);
    return turn % 2 === 0 ? SPOILERS[turn / 2 % SPOILERS.length] : undefined;
  };
  await withTokens(
    {
      mode,
      accounts,
      fault: spoilEvery,
      plan: { times: FAST, lanes: counts(4, 16), rotation: ROTATION[mode] },
    },
    async ({ provider, workers, settle, check }) => {
      const crew = workers();
      const all = await Promise.all([crew.start(), crew.start()]);
      await eventually(() => met.size === accounts, MINUTES_MS);
      await finish(all);
      await settle();
      const found = await check();
      const spoilt = provider.spoilt.size;
      report(`${id} ${mode}`, { accounts, faults: provider.counts.faults, spoilt, ...found });
      assert.ok(spoilt > 0, "no answer was spoilt");
      result = { found, spoilt };
    },
  );
  assert.ok(result);
  return result;
}

fault(
  "FT-23",
  "answers lost after the rotation: a strict provider loses those, and no other",
  async () => {
    const accounts = counts(12, 2_000);
    const { found, spoilt } = await spoil("FT-23", "strict", accounts);
    assert.deepEqual(found, { healthy: accounts - spoilt, deadLost: spoilt, ...NONE });
  },
);

for (const mode of ["grace", "until_use"] as const) {
  fault("FT-23", `answers lost after the rotation: with ${mode} none is lost`, async () => {
    const accounts = counts(12, 2_000);
    const { found } = await spoil("FT-23", mode, accounts);
    assert.deepEqual(found, { healthy: accounts, deadLost: 0, ...NONE });
  });
}
