import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { enterGate, leaveGate } from "@shared/db/gates.ts";
import type { Sql as AnySql } from "@shared/db/client.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { atOnce } from "../support/people.ts";

const NONE = [] as const;

function ask(
  sql: AnySql,
  p: {
    readonly limits?: Parameters<typeof enterGate>[1]["limits"];
    readonly urgency?: "pull" | "token" | "interactive";
  } = {},
) {
  const { limits = NONE, urgency = "pull" } = p;
  return enterGate(sql, { provider: "oura", limits, urgency });
}

async function tell(sql: AnySql, outcome: "ok" | "failed" | "unused", slot?: string | null) {
  await leaveGate(sql, { provider: "oura", outcome, ...(slot ? { slot } : {}) });
}

async function gate(admin: Sql) {
  const [row] = await admin<
    [{ breaker: string; failures: number; openings: number; blocked: number }]
  >`
    select breaker, failures, openings,
           extract(epoch from greatest(blocked_until, now()) - now())::float8 as blocked
    from raphael_private.provider_gates`;
  return row;
}

/** As if its time were over. */
async function pass(
  admin: Sql,
  column: "blocked_until" | "ramp_since",
  seconds = 0,
): Promise<void> {
  await admin`
    update raphael_private.provider_gates
    set ${admin(column)} = now() - make_interval(secs => ${seconds})`;
}

async function fail({ app }: TestDatabase, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await tell(app, "failed", (await ask(app)).slot);
}

Deno.test("enterGate() lets the first link of a provider with a daily budget through at once", async () => {
  await withDatabase(async ({ app }) => {
    const limits = [
      { requests: 100, perSeconds: 900, scope: "app" },
      { requests: 1_000, perSeconds: 86_400, scope: "app" },
    ] as const;
    const waits: number[] = [];
    for (let n = 0; n < 20; n++) waits.push((await ask(app, { limits })).waitSeconds);
    assert.deepEqual(waits.slice(0, 12), Array(12).fill(0));
    assert.ok((waits.at(-1) ?? 0) > 5, "and then no faster than the quarter of an hour allows");
  });
});

Deno.test("enterGate() lets no window see more than the budget, whoever asks, and keeps some for tokens", async () => {
  await withDatabase(async ({ app, admin }) => {
    const limits = [{ requests: 100, perSeconds: 60 }];
    await ask(app, { limits });
    await admin`update raphael_private.provider_budgets set credited_at = now() - interval '1 hour'`;
    const pulls = await atOnce(40, () => ask(app, { limits }));
    const passed = pulls.values.filter((one) => one.waitSeconds === 0).length;
    assert.equal(pulls.errors.length, 0);
    assert.ok(passed >= 16 && passed <= 17, `${passed} of 20 gathered, 4 of them kept for tokens`);
    assert.equal((await ask(app, { limits, urgency: "token" })).waitSeconds, 0);
    await atOnce(6, () => ask(app, { limits, urgency: "token" }));
    const [full] = (await atOnce(1, () => ask(app, { limits, urgency: "token" }))).values;
    assert.ok(full && full.waitSeconds > 0 && full.waitSeconds <= 60 / 80);
    // Interactive calls go out at once, and what they took is missing afterwards.
    for (let n = 0; n < 3; n++) {
      assert.equal((await ask(app, { limits, urgency: "interactive" })).waitSeconds, 0);
    }
    assert.ok((await ask(app, { limits, urgency: "token" })).waitSeconds > 2 * 60 / 80);
  });
});

Deno.test("enterGate() holds the tightest of several limits", async () => {
  await withDatabase(async ({ app, admin }) => {
    const limits = [{ requests: 1_000, perSeconds: 60 }, { requests: 10, perSeconds: 600 }];
    await ask(app, { limits });
    await admin`update raphael_private.provider_budgets set credited_at = now() - interval '1 day'`;
    assert.equal((await ask(app, { limits })).waitSeconds, 0);
    const { waitSeconds } = await ask(app, { limits });
    assert.ok(waitSeconds > 29 && waitSeconds < 31, String(waitSeconds));
  });
});

Deno.test("leaveGate() opens after five failures in a row, for twice as long each time", async () => {
  await withDatabase(async (db) => {
    const { app, admin } = db;
    await fail(db, 4);
    await tell(app, "ok");
    await fail(db, 4);
    assert.equal((await gate(admin)).breaker, "closed");
    await fail(db, 1);
    let found = await gate(admin);
    assert.equal(found.breaker, "open");
    assert.ok(found.blocked > 28 && found.blocked <= 30);
    assert.ok((await ask(app)).waitSeconds > 28);
    for (const seconds of [60, 120, 240, 480, 600, 600]) {
      await pass(admin, "blocked_until");
      await fail(db, 1);
      found = await gate(admin);
      assert.equal(found.breaker, "open");
      assert.ok(found.blocked > seconds - 2 && found.blocked <= seconds, String(found.blocked));
    }
  });
});

Deno.test("enterGate() sends one probe, believes only its answer, and frees the slot of a dead one", async () => {
  await withDatabase(async (db) => {
    const { app, admin } = db;
    await fail(db, 5);
    await pass(admin, "blocked_until");
    const asked = await atOnce(10, () => ask(app));
    const probes = asked.values.filter((one) => one.waitSeconds === 0);
    assert.equal(probes.length, 1);
    assert.equal((await gate(admin)).breaker, "half_open");
    await tell(app, "ok");
    await tell(app, "failed");
    assert.equal((await gate(admin)).breaker, "half_open", "requests of before say nothing");
    await admin`update raphael_private.provider_gates set slots = array[now() - interval '1 second']`;
    const { slot, waitSeconds } = await ask(app);
    assert.equal(waitSeconds, 0);
    await tell(app, "ok", probes[0]?.slot);
    assert.equal(
      (await gate(admin)).breaker,
      "half_open",
      "a probe whose lease ran out says nothing",
    );
    await tell(app, "ok", slot);
    assert.equal((await gate(admin)).breaker, "ramping");
  });
});

Deno.test("enterGate() lets 1, 2, 4 … be under way while a provider comes back, then all", async () => {
  await withDatabase(async (db) => {
    const { app, admin } = db;
    await fail(db, 5);
    await pass(admin, "blocked_until");
    await tell(app, "ok", (await ask(app)).slot);
    for (const [minutes, allowed] of [[0, 1], [1, 2], [2, 4], [5, 32]] as const) {
      await pass(admin, "ramp_since", minutes * 60);
      const asked = await atOnce(40, () => ask(app));
      const slots = asked.values.filter((one) => one.waitSeconds === 0);
      assert.equal(slots.length, allowed, `after ${minutes} min`);
      for (const { slot } of slots) await tell(app, "unused", slot);
    }
    await pass(admin, "ramp_since", 6 * 60);
    const asked = await atOnce(40, () => ask(app));
    assert.ok(asked.values.every((one) => one.waitSeconds === 0));
    assert.deepEqual(
      [(await gate(admin)).breaker, (await gate(admin)).openings],
      ["closed", 0],
    );
  });
});

Deno.test("leaveGate() blocks until Retry-After, an hour at most, and counts it as no failure", async () => {
  await withDatabase(async ({ app, admin }) => {
    await ask(app);
    await leaveGate(app, { provider: "oura", outcome: "limited", retrySeconds: 120 });
    await leaveGate(app, { provider: "oura", outcome: "limited", retrySeconds: 5 });
    for (const urgency of ["pull", "token"] as const) {
      const { waitSeconds } = await ask(app, { urgency });
      assert.ok(waitSeconds > 118 && waitSeconds <= 120);
    }
    assert.equal((await ask(app, { urgency: "interactive" })).waitSeconds, 0);
    await leaveGate(app, { provider: "oura", outcome: "limited", retrySeconds: 1e9 });
    const found = await gate(admin);
    assert.ok(found.blocked > 3_598 && found.blocked <= 3_600);
    assert.deepEqual([found.breaker, found.failures], ["closed", 0]);
  });
});
