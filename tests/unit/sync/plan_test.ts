import assert from "node:assert/strict";
import { DAY } from "@shared/core/time.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { backfillJobs, catchUpJobs, firstPolls, pullable } from "@shared/sync/plan.ts";

const NOW = new Date("2026-03-01T12:34:56.789Z");
const ACCOUNT = { id: crypto.randomUUID() };

function driver(slug: string): ProviderDriver {
  const found = PROVIDERS.find((one) => one.slug === slug);
  return found ?? assert.fail(`no driver ${slug}`);
}

/** `[from, to, resource]` of a job. */
function spanOf(payload: object): { from: string; to: string; resource?: string } {
  assert.ok("from" in payload && "to" in payload);
  return {
    from: String(payload.from),
    to: String(payload.to),
    ...("resource" in payload ? { resource: String(payload.resource) } : {}),
  };
}

for (const { slug, history } of PROVIDERS) {
  if (!history) continue;
  Deno.test(`backfillJobs() covers the history of ${slug} without a gap, newest window first`, () => {
    const jobs = backfillJobs(driver(slug), ACCOUNT, NOW);
    const spans = jobs.map(({ payload }) => spanOf(payload));
    for (const resource of new Set(spans.map((span) => span.resource))) {
      const described = driver(slug).resources.find(({ name }) => name === resource);
      const days: number = described?.historyDays ?? history.maxDays;
      const start: string = new Date(NOW.getTime() - days * DAY).toISOString();
      const own = spans.filter((span) => span.resource === resource);
      assert.equal(own[0]?.to, NOW.toISOString());
      assert.equal(own.at(-1)?.from, start);
      own.slice(1).forEach((span, index) => assert.equal(span.to, own[index]?.from));
    }
    for (const [index, { priority = 0, accountId }] of jobs.entries()) {
      assert.equal(accountId, ACCOUNT.id);
      assert.equal(priority, spans[index]?.to === NOW.toISOString() ? 50 : Math.max(priority, 201));
    }
    const priorities = jobs.map(({ priority = 0 }) => priority);
    assert.deepEqual(priorities, priorities.toSorted((a, b) => a - b), "older waits behind newer");
  });
}

Deno.test("pullable() asks for what was granted, and for all where the provider does not say", () => {
  const oura = driver("oura");
  const all = pullable(oura, undefined).map(({ name }) => name);
  assert.deepEqual(pullable(oura, null).map(({ name }) => name), all);
  const granted = pullable(oura, ["heartrate"]);
  assert.ok(granted.length > 0 && granted.length < all.length);
  assert.ok(granted.every(({ scope }) => scope === undefined || scope === "heartrate"));
  const some = backfillJobs(oura, { ...ACCOUNT, scopes: ["heartrate"] }, NOW);
  assert.ok(some.length > 0 && some.length < backfillJobs(oura, ACCOUNT, NOW).length);
});

Deno.test("catchUpJobs() of one minute coalesce, and one resource may be named", () => {
  const oura = driver("oura");
  const span = { now: NOW, hours: 48 };
  const jobs = catchUpJobs(oura, ACCOUNT, span);
  const later = catchUpJobs(oura, ACCOUNT, { ...span, now: new Date("2026-03-01T12:34:01Z") });
  assert.deepEqual(jobs, later);
  const { from, to } = spanOf(jobs[0]?.payload ?? {});
  assert.deepEqual([from, to], ["2026-02-27T12:35:00.000Z", "2026-03-01T12:35:00.000Z"]);
  const one = catchUpJobs(oura, ACCOUNT, { ...span, resource: "sleep" });
  assert.deepEqual(one.map(({ payload }) => spanOf(payload).resource), ["sleep"]);
  const pushed = catchUpJobs(driver("terra"), ACCOUNT, span);
  assert.deepEqual(pushed.map(({ kind }) => kind), ["sync.request_history"]);
});

Deno.test("firstPolls() waits one interval: the backfill has read up to now", () => {
  for (const one of PROVIDERS) {
    const polls = firstPolls(one, undefined);
    const pulled = pullable(one, undefined).map(({ name }) => name);
    const asked = one.history?.kind === "request" ? ["history"] : pulled;
    assert.deepEqual(polls.map(({ resource }) => resource), asked);
    // What only ever pushes has no history to ask for; all else is looked at again, whatever it tells.
    assert.equal(polls.length > 0, one.history !== undefined, one.slug);
    assert.ok(polls.every(({ delaySeconds }) => delaySeconds >= 60));
  }
  const glucose = firstPolls(driver("dexcom"), undefined).find(({ resource }) =>
    resource === "egvs"
  );
  assert.ok(glucose && glucose.delaySeconds < 3_600);
});

Deno.test("catchUpJobs() of many days stay within what one request may span", () => {
  const jobs = catchUpJobs(driver("dexcom"), ACCOUNT, { now: NOW, hours: 100 * 24 });
  const days = jobs.map(({ payload }) => {
    const { from, to } = spanOf(payload);
    return (Date.parse(to) - Date.parse(from)) / DAY;
  });
  assert.ok(days.length > 3 && days.every((length) => length <= 29));
});

Deno.test("backfillJobs() gives a resource with a limit of its own smaller windows", () => {
  const jobs = backfillJobs(driver("oura"), ACCOUNT, NOW);
  const count = (resource: string) =>
    jobs.filter(({ payload }) => spanOf(payload).resource === resource).length;
  assert.deepEqual([count("heartrate"), count("sleep")], [25, 9]);
});
