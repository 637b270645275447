import assert from "node:assert/strict";
import { createApp as createSyncWorker } from "../../functions/sync-worker/app.ts";
import { createApp as createTokenRefresh } from "../../functions/token-refresh/app.ts";
import { ALICE, httpRuntime, INTERNAL, post } from "./http_runtime.ts";

const NO_CALLER: RequestInit = { method: "POST" };
const internal = { method: "POST", headers: { "x-raphael-secret": INTERNAL } };

function tokenRefresh() {
  const asked: unknown[] = [];
  const app = createTokenRefresh({
    ...httpRuntime(),
    tokenRefresh: {
      enqueueDue: () => {
        asked.push("due");
        return Promise.resolve({ jobs: 4 });
      },
      enqueueFor: (ask) => {
        asked.push(ask);
        return Promise.resolve({ queued: ["oura"] });
      },
    },
  });
  return { app, asked };
}

function syncWorker(
  drain: () => Promise<unknown>,
  internalSecrets = httpRuntime().internalSecrets,
) {
  const runtime = httpRuntime();
  const app = createSyncWorker({ ...runtime, internalSecrets, syncWorker: { drain } });
  return { app, lines: runtime.lines };
}

Deno.test("token-refresh queues what is due for the scheduler", async () => {
  const { app, asked } = tokenRefresh();
  const bearer = { method: "POST", headers: { authorization: `Bearer ${INTERNAL}` } };
  for (const init of [internal, bearer]) {
    const response = await app.request("/token-refresh", init);
    assert.deepEqual(await response.json(), { success: true, data: { jobs: 4 } });
  }
  assert.deepEqual(asked, ["due", "due"]);
});

Deno.test("token-refresh answers a person as the older function did", async () => {
  const { app, asked } = tokenRefresh();
  const response = await app.request("/token-refresh", post({ provider: "oura_ring" }));
  assert.deepEqual(await response.json(), {
    success: true,
    status: "completed",
    total_accounts: 1,
    successful_refreshes: 1,
    failed_refreshes: 0,
    results: [{ success: true, provider: "oura", queued: true }],
  });
  await app.request("/token-refresh", post());
  assert.deepEqual(asked, [{ userId: ALICE, provider: "oura_ring" }, { userId: ALICE }]);
});

Deno.test("token-refresh is closed to everyone else", async () => {
  const { app, asked } = tokenRefresh();
  const wrong = { method: "POST", headers: { "x-raphael-secret": `${INTERNAL}x` } };
  for (const init of [NO_CALLER, wrong]) {
    assert.equal((await app.request("/token-refresh", init)).status, 401);
  }
  assert.equal((await app.request("/token-refresh", post({ userId: ALICE }))).status, 400);
  assert.deepEqual(asked, []);
});

Deno.test("sync-worker answers 202 before the work is done", async () => {
  let finish = () => {};
  let drained = false;
  const { app } = syncWorker(async () => {
    await new Promise<void>((resolve) => finish = resolve);
    drained = true;
  });
  const response = await app.request("/sync-worker", internal);
  assert.equal(response.status, 202);
  assert.deepEqual(await response.json(), { success: true, data: { accepted: true } });
  assert.equal(drained, false);
  finish();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(drained, true);
});

Deno.test("sync-worker keeps the isolate alive by a real promise and survives a failed drain", async () => {
  const waited: unknown[] = [];
  Reflect.set(globalThis, "EdgeRuntime", { waitUntil: (promise: unknown) => waited.push(promise) });
  try {
    const { app, lines } = syncWorker(() => {
      throw new Error("hunter2");
    });
    assert.equal((await app.request("/sync-worker", internal)).status, 202);
    assert.equal(waited.length, 1);
    assert.ok(waited[0] instanceof Promise, "the platform ignores anything else");
    await waited[0];
    assert.ok(lines.some(({ event }) => event === "background_failed"));
    assert.ok(!JSON.stringify(lines).includes("hunter2"));
  } finally {
    Reflect.deleteProperty(globalThis, "EdgeRuntime");
  }
});

Deno.test("sync-worker works for the internal secret alone, and for nobody without one", async () => {
  let drains = 0;
  const drain = () => Promise.resolve(drains++);
  const open = syncWorker(drain).app;
  const person = post();
  for (const init of [NO_CALLER, person, { method: "POST", headers: { apikey: INTERNAL } }]) {
    assert.equal((await open.request("/sync-worker", init)).status, 401);
  }
  assert.equal((await open.request("/sync-worker")).status, 405);
  assert.equal((await syncWorker(drain, []).app.request("/sync-worker", internal)).status, 401);
  assert.equal(drains, 0);
});
