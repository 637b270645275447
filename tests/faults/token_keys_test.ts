import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { sealingKeys } from "@shared/db/sealing_keys.ts";
import { withDatabase } from "../support/database.ts";
import { FIRST_PAGE, KEYS, rotateOnePage } from "../support/key_rotation.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { between, eventually, pause, random } from "./support/plan.ts";
import { openProxy } from "./support/proxy.ts";
import { vaultOf } from "./support/token_client.ts";
import { FAST, finish, runWorld, type TokenWorld } from "./support/token_world.ts";

const NONE = { deadSpurious: 0, silentBroken: 0, unreadable: 0 };

/** Refreshes under way, and values under the older key: what a kill at this moment hits. */
async function underWay({ admin }: TokenWorld): Promise<{ refreshes: number; old: number }> {
  const [row] = await admin<[{ refreshes: number; old: number }]>`
    select count(*) filter (where refresh_state = 'in_flight')::int as refreshes,
           count(*) filter (where access_ct like 'v1.k1.%')::int as old
    from raphael_private.account_tokens`;
  return row;
}

/** Rotates as each hour's tick does, until nothing is left under an older key; how often it took. */
async function rotateAll(databaseUrl: string): Promise<number> {
  const log = () => {};
  const vault = vaultOf({ keys: KEYS, active: "k2" });
  const db = connect({ url: new Secret(databaseUrl), max: 1, prepare: true });
  try {
    let passes = 0;
    while ((await db.query(sealingKeys)).some((kid) => kid !== "k2") && ++passes < 10) {
      let cursor = FIRST_PAGE;
      do cursor = await rotateOnePage({ db, vault, log }, "k2", cursor); while (
        cursor !== FIRST_PAGE
      );
    }
    return passes;
  } finally {
    await db.close();
  }
}

fault(
  "FT-46",
  "a key is rotated while refreshes run and workers die: all is under the new one",
  async () => {
    await withDatabase(async (database) => {
      const accounts = counts(120, 1_000);
      await runWorld(
        database,
        { mode: "strict", accounts, latencyMs: 20, plan: { times: FAST } },
        async (world) => {
          const next = random(SEED);
          const kills = counts(4, 50);
          const before = world.workers();
          const after = world.workers({ active: "k2", rotateKeys: true });
          const crew = await Promise.all([before.start(), before.start(), after.start()]);
          let [refreshing, rotating] = [0, 0];
          for (let kill = 0; kill < kills; kill++) {
            await pause(between(next, 100, 300));
            const at = kill % crew.length;
            const hit = await underWay(world);
            await crew[at]?.kill();
            if (hit.refreshes > 0) refreshing++;
            if (hit.old > 0) rotating++;
            // The first half of them is started again as it was: isolates of before the deployment.
            crew[at] = await (kill < kills / 2 && at === 0 ? before : after).start();
          }
          await finish(crew);
          await world.settle();
          const passes = await rotateAll(database.appUrl);
          const found = await world.check({ k2: KEYS.k2 });
          const { old } = await underWay(world);
          const resealed = after.said("keys_rotated");
          report("FT-46", {
            kills,
            refreshing,
            rotating,
            accounts,
            resealed,
            passes,
            old,
            ...found,
          });
          assert.ok(refreshing > 0 && rotating > 0, "no kill hit a refresh or a rotation");
          assert.equal(old, 0);
          const { deadSpurious, silentBroken, unreadable } = found;
          assert.deepEqual({ deadSpurious, silentBroken, unreadable }, NONE);
        },
      );
    });
  },
);

fault(
  "FT-26",
  "database gone when an answer is in hand: it is stored when it is back",
  async (injecting) => {
    await withDatabase(async (database) => {
      const proxy = openProxy(database.appUrl);
      const accounts = counts(8, 100);
      const plan = { databaseUrl: proxy.url(database.appUrl), holdAnswersMs: 60, lanes: 8 };
      try {
        await runWorld(database, { mode: "strict", accounts, plan }, async (world) => {
          const next = random(SEED);
          const crew = world.workers();
          const worker = await crew.start();
          let [outages, held] = [0, 0];
          for (; outages < counts(3, 60) && injecting(); outages++) {
            const said = crew.said("answer_in_hand");
            await eventually(() => crew.said("answer_in_hand") > said, 10_000);
            proxy.set({ kind: "down" });
            await pause(between(next, 500, counts(1_500, 6_000)));
            const rotated = world.provider.counts.rotations;
            held += rotated - await stored(world);
            proxy.set();
            // Not where every lane waits for a refresh that the outage left in doubt.
            await eventually(() => world.provider.counts.rotations > rotated, 5_000);
          }
          await finish([worker]);
          await world.settle();
          const found = await world.check();
          report("FT-26", { outages, held, hits: proxy.hits, accounts, ...found });
          assert.ok(held > 0, "no answer was in hand while the database was gone");
          assert.deepEqual(found, { healthy: accounts, deadLost: 0, ...NONE });
        });
      } finally {
        await proxy.close();
      }
    });
  },
);

/** Rotations that have reached the database: each raises a version that began at 1. */
async function stored({ admin }: TokenWorld): Promise<number> {
  const [row] = await admin<[{ n: number }]>`
    select sum(token_version - 1)::int as n from raphael_private.account_tokens`;
  return row.n;
}
