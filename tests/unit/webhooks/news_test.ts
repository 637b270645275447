import assert from "node:assert/strict";
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

Deno.test("newsJobs() pulls the window where a resource has no single records, nothing where none is known", () => {
  const bulk = oura.resources.find(({ request, requestOne }) => request && !requestOne);
  assert.ok(bulk);
  const [job] = newsJobs(oura, ACCOUNT, { ...EVENT, resource: bulk.name, recordId: "r" });
  assert.equal(job?.kind, "sync.pull");
  assert.deepEqual(newsJobs(oura, ACCOUNT, { ...EVENT, resource: "no such" }), []);
});
