import assert from "node:assert/strict";
import { DAY } from "@shared/core/time.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { newsJobs } from "@shared/webhooks/news.ts";

const ACCOUNT = crypto.randomUUID();
const EVENT = {
  kind: "notify",
  externalUserId: "1",
  resource: "sleep",
  window: { from: new Date("2026-02-01T00:00:00Z"), to: new Date("2026-02-02T00:00:00Z") },
} as const;

const oura = PROVIDERS.find(({ slug }) => slug === "oura") ?? assert.fail("no driver oura");

Deno.test("newsJobs() pulls the record that a notification names, else its window", () => {
  assert.deepEqual(newsJobs(oura, ACCOUNT, { ...EVENT, recordId: "r" }), [{
    kind: "sync.record",
    payload: { accountId: ACCOUNT, resource: "sleep", recordId: "r" },
    accountId: ACCOUNT,
  }]);
  assert.deepEqual(newsJobs(oura, ACCOUNT, EVENT), [{
    kind: "sync.pull",
    payload: {
      accountId: ACCOUNT,
      resource: "sleep",
      from: "2026-02-01T00:00:00.000Z",
      to: "2026-02-02T00:00:00.000Z",
    },
    accountId: ACCOUNT,
  }]);
});

Deno.test("newsJobs() begins the pull where the news says", () => {
  const [job] = newsJobs(oura, ACCOUNT, { ...EVENT, cursor: "token" });
  assert.equal(Object(job?.payload).cursor, "token");
});

Deno.test("newsJobs() pulls a long window in pieces that one request may span, newest first", () => {
  const days = oura.history?.pageDays ?? assert.fail("oura has no pages");
  const to = new Date("2026-04-01T00:00:00Z");
  const from = new Date(to.getTime() - (2 * days + 1) * DAY);
  const window = { from, to };
  const jobs = newsJobs(oura, ACCOUNT, { ...EVENT, window });
  const spans = jobs.map(({ payload }) => [Object(payload).from, Object(payload).to]);
  assert.equal(jobs.length, 3);
  assert.equal(spans[0]?.[1], to.toISOString());
  assert.equal(spans.at(-1)?.[0], from.toISOString());
  for (const [i, [begin]] of spans.slice(0, -1).entries()) assert.equal(begin, spans[i + 1]?.[1]);
  const bare = newsJobs(oura, ACCOUNT, { ...EVENT, window: { from, to: from } });
  assert.equal(bare.length, 1, "an instant is asked for too");
  assert.equal(newsJobs(oura, ACCOUNT, { ...EVENT, window, cursor: "token" }).length, 1);
});

Deno.test("newsJobs() pulls the window where a resource has no single records, nothing where none is known", () => {
  const bulk = oura.resources.find(({ request, requestOne }) => request && !requestOne);
  assert.ok(bulk);
  const [job] = newsJobs(oura, ACCOUNT, { ...EVENT, resource: bulk.name, recordId: "r" });
  assert.equal(job?.kind, "sync.pull");
  assert.deepEqual(newsJobs(oura, ACCOUNT, { ...EVENT, resource: "no such" }), []);
});

Deno.test("newsJobs() asks for what lies within the record too", () => {
  const strava = PROVIDERS.find(({ slug }) => slug === "strava") ?? assert.fail("no driver strava");
  const jobs = newsJobs(strava, ACCOUNT, { ...EVENT, resource: "activities", recordId: "7" });
  assert.deepEqual(jobs.map(({ payload }) => payload), [
    { accountId: ACCOUNT, resource: "activities", recordId: "7" },
    { accountId: ACCOUNT, resource: "streams", recordId: "7" },
  ]);
});
