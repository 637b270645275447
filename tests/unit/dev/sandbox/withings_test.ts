import assert from "node:assert/strict";
import { NOON } from "./support.ts";
import {
  ask,
  codeOf,
  exchange,
  listOf,
  NOW,
  openWithings,
  refresh,
  tokenOf,
} from "./withings_support.ts";

Deno.test("withings' code lives 30 seconds, and its tokens are in the body", async () => {
  const now = { at: NOON };
  const sandbox = await openWithings(now);
  const late = await codeOf(sandbox);
  now.at = new Date(NOON.getTime() + 31_000);
  assert.equal((await exchange(sandbox, late)).status, 503);
  const { status, body } = await exchange(sandbox, await codeOf(sandbox));
  assert.equal(status, 0);
  assert.equal(typeof body["userid"], "number");
  assert.equal(body["expires_in"], 10_800);
  assert.equal(body["scope"], "user.info,user.metrics,user.activity");
  await sandbox.stop();
});

Deno.test("withings' old refresh token lives until the new access token is used", async () => {
  const sandbox = await openWithings();
  const { body } = await exchange(sandbox, await codeOf(sandbox));
  const lost = await refresh(sandbox, body["refresh_token"]);
  assert.equal(lost.status, 0);
  const again = await refresh(sandbox, body["refresh_token"]);
  assert.equal(again.status, 0, "the answer was lost, and asked for again");
  const access = String(again.body["access_token"]);
  assert.equal((await ask(sandbox, "/v2/user", { action: "getdevice" }, access)).status, 0);
  assert.equal((await refresh(sandbox, body["refresh_token"])).status, 503);
  assert.equal((await refresh(sandbox, again.body["refresh_token"])).status, 0);
  await sandbox.stop();
});

Deno.test("withings' statuses are inside: no token, no action, too many requests", async () => {
  const sandbox = await openWithings();
  const token = await tokenOf(sandbox);
  assert.equal((await ask(sandbox, "/measure", { action: "getmeas" })).status, 401);
  assert.equal((await ask(sandbox, "/measure", { action: "gone" }, token)).status, 2554);
  const statuses = [];
  for (let i = 0; i < 121; i++) {
    statuses.push((await ask(sandbox, "/v2/user", { action: "getdevice" }, token)).status);
  }
  assert.equal(statuses[0], 0);
  assert.equal(statuses.at(-1), 601);
  await sandbox.stop();
});

Deno.test("withings pages by offset, and states each measure in powers of ten and the ledger", async () => {
  const sandbox = await openWithings();
  const token = await tokenOf(sandbox);
  const window = { startdate: "0", enddate: String(NOW) };
  const groups: Record<string, unknown>[] = [];
  let offset: unknown = 0;
  for (let more: unknown = 1; more === 1;) {
    const form = { action: "getmeas", ...window, offset: String(offset) };
    const page = await ask(sandbox, "/measure", form, token);
    groups.push(...listOf(page, "measuregrps"));
    ({ more, offset } = page.body);
  }
  assert.ok(groups.length > 10);
  const weights = groups.flatMap(({ grpid, measures }) => {
    assert.ok(Array.isArray(measures));
    const weight = measures.find(({ type }) => type === 1);
    return weight ? [[String(grpid), weight.value * 10 ** weight.unit] as const] : [];
  });
  const facts = sandbox.ledger.facts("demo").filter(({ metric }) => metric === "body_weight");
  assert.equal(facts.length, weights.length);
  for (const [id, kilograms] of weights) {
    const fact = facts.find(({ recordId }) => recordId === id);
    assert.ok(Math.abs((fact?.value ?? 0) - kilograms) < 1e-9);
  }
  await sandbox.stop();
});

Deno.test("withings answers one day of moments, as a map, and an empty list for none", async () => {
  const sandbox = await openWithings();
  const token = await tokenOf(sandbox);
  const moments = async (from: number, to: number) => {
    const form = { action: "getintradayactivity", startdate: String(from), enddate: String(to) };
    return (await ask(sandbox, "/v2/measure", form, token)).body["series"];
  };
  const series = await moments(NOW - 5 * 86_400, NOW);
  assert.ok(typeof series === "object" && series !== null && !Array.isArray(series));
  const seconds = Object.keys(series).map(Number);
  assert.equal(seconds.length, 48);
  assert.ok(Math.max(...seconds) <= NOW - 4 * 86_400);
  assert.deepEqual(await moments(0, 86_400), []);
  await sandbox.stop();
});

Deno.test("faults rewrite a page inside a body too", async () => {
  const sandbox = await openWithings();
  const token = await tokenOf(sandbox);
  const form = {
    action: "getactivity",
    startdateymd: "2026-11-10",
    enddateymd: "2026-11-20",
  };
  const struck = async (kind: "next_loop" | "duplicate_page" | "reordered") => {
    sandbox.control.fault({ provider: "withings", route: "/v2/measure", kind, times: 1 });
    return await ask(sandbox, "/v2/measure", form, token);
  };
  const rows = listOf(await ask(sandbox, "/v2/measure", form, token), "activities");
  assert.deepEqual(listOf(await struck("duplicate_page"), "activities"), [...rows, ...rows]);
  assert.deepEqual(listOf(await struck("reordered"), "activities"), rows.toReversed());
  const loop = (await struck("next_loop")).body;
  assert.deepEqual([loop["more"], loop["offset"]], [1, 1]);
  await sandbox.stop();
});
