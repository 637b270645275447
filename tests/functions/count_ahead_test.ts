import assert from "node:assert/strict";
import { ProblemError } from "@shared/core/problems.ts";
import { Secret } from "@shared/core/secret.ts";
import { createHttpApp } from "@shared/http/app.ts";
import { requireSession } from "@shared/http/session.ts";
import { GET, httpRuntime } from "./http_runtime.ts";

/** An app whose `/read` counts on its way, as the database does, and whose `/idle` reads nothing. */
function sample(limit: number) {
  const seen = { ahead: 0, first: 0, read: 0 };
  const take = () => {
    const used = seen.ahead + seen.first;
    return { allowed: used <= limit, remaining: Math.max(limit - used, 0), resetSeconds: 900 };
  };
  const limiter = {
    take() {
      seen.first++;
      return Promise.resolve(take());
    },
  };
  const addressSecret = new Secret("address-secret");
  const rateLimit = { limiter, limit, windowSeconds: 900, trustedHops: 1, addressSecret };
  const runtime = { ...httpRuntime(), rateLimit };
  const app = createHttpApp("sample", runtime, { browsers: ["GET"] });
  const reader = requireSession(runtime, { countAhead: true });
  app.get("/read", reader, (c) => {
    seen.read++;
    const budget = c.get("budget");
    if (budget) {
      seen.ahead++;
      budget.told(take());
    }
    return c.json({ success: true, read: "a secret" });
  });
  app.get("/idle", reader, () => {
    throw new ProblemError("invalid_request", "Cannot read: no such metric");
  });
  app.get("/lost", reader, () => {
    throw new ProblemError("unavailable", "Cannot reach the database");
  });
  const ask = (path: string) => app.request(`/sample/${path}`, GET);
  return { ask, seen };
}

const left = ({ headers }: Response) => headers.get("ratelimit-remaining");

Deno.test("requireSession() lets a read count on its way, once", async () => {
  const { ask, seen } = sample(3);
  const answer = await ask("read");
  assert.deepEqual([answer.status, left(answer)], [200, "2"]);
  assert.equal(answer.headers.get("ratelimit-limit"), "3");
  assert.deepEqual(seen, { ahead: 1, first: 0, read: 1 });
});

Deno.test("requireSession() counts what reads nothing, except where it could not", async () => {
  const { ask, seen } = sample(2);
  const bad = await ask("idle");
  assert.deepEqual([bad.status, left(bad)], [400, "1"]);
  assert.deepEqual(seen, { ahead: 0, first: 1, read: 0 });
  assert.equal((await ask("lost")).status, 503);
  assert.equal(seen.first, 1);
  await ask("idle");
  const refused = await ask("idle");
  assert.deepEqual([refused.status, left(refused)], [429, "0"]);
});

Deno.test("requireSession() tells nothing of what was read in vain, and then reads no more", async () => {
  const { ask, seen } = sample(1);
  assert.equal((await ask("read")).status, 200);
  const refused = await ask("read");
  assert.deepEqual([refused.status, left(refused)], [429, "0"]);
  assert.ok(!(await refused.text()).includes("a secret"));
  assert.equal(refused.headers.get("retry-after"), "900");
  for (let turn = 0; turn < 3; turn++) assert.equal((await ask("read")).status, 429);
  assert.deepEqual(seen, { ahead: 2, first: 3, read: 2 });
});
