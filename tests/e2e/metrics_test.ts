/** Every question of `metrics`, from the request to the rows, over what a sandbox provider sent. */
import assert from "node:assert/strict";
import type { MetricRow } from "@shared/api/metrics.ts";
import * as answers from "@shared/api/metrics_answers.ts";
import type { z } from "zod";
import { type Caller, type FunctionsWorld, withFunctions } from "./support/functions_world.ts";

/** Links the sandbox's Oura and pulls all that it has. */
async function link(world: FunctionsWorld, person: Caller): Promise<void> {
  const begun = await person.call("connect", { provider: "oura" });
  const page = await world.request(begun.body.data.authUrl);
  const form = new URLSearchParams({ person: "demo", decision: "allow" });
  for (const [, scope] of page.body.matchAll(/name="scope" value="([^"]+)"/g)) {
    form.append("scope", scope);
  }
  const allowed = await world.request(begun.body.data.authUrl, { method: "POST", body: form });
  const back = await world.request(allowed.location?.href ?? "");
  const ticket = back.location?.searchParams.get("connect_ticket");
  assert.equal((await person.call("connect/complete", { ticket })).status, 200);
  await world.drain();
}

const QUESTIONS: readonly (readonly [path: string, body: Record<string, unknown>, z.ZodType])[] = [
  ["metrics", { limit: 50 }, answers.metricsAnswer],
  ["metrics/latest", {}, answers.latestAnswer],
  ["metrics/glucose/latest", {}, answers.glucoseAnswer],
  ["metrics/sleep/latest", { days: 30 }, answers.sleepAnswer],
  ["metrics/workouts", {}, answers.workoutsAnswer],
  ["metrics/summary/daily", {}, answers.summaryAnswer],
  ["metrics/summary/days", {}, answers.summaryDaysAnswer],
  ["metrics/series", { types: "heart_rate", resolution: "5m" }, answers.seriesAnswer],
  ["metrics/series", { types: "heart_rate,steps", resolution: "1d" }, answers.seriesAnswer],
  ["metrics/coverage", {}, answers.coverageAnswer],
  ["metrics/preferences", {}, answers.preferencesAnswer],
];

const queryOf = (path: string, body: Record<string, unknown>) =>
  `${path}?${new URLSearchParams(
    Object.entries(body).map(([key, value]) => [key, String(value)]),
  )}`;

Deno.test("metrics answers each question by GET and POST alike, of the person alone", async () => {
  await withFunctions(async (world) => {
    const [alice, bob] = [await world.signIn(), await world.signIn()];
    await link(world, alice);
    let asked = 0;
    for (const [path, body, answer] of QUESTIONS) {
      const got = await alice.call(queryOf(path, body));
      const posted = await alice.call(path, body);
      asked += 2;
      assert.deepEqual([got.status, posted.status], [200, 200], path);
      assert.deepEqual(posted.body, got.body, path);
      const checked = answer.safeParse(got.body);
      assert.ok(checked.success, `${path}: ${checked.error?.message}`);
      if (path === "metrics/glucose/latest" || path === "metrics/preferences") continue;
      const text = JSON.stringify(got.body);
      assert.ok(
        text.includes('"oura"') || path === "metrics/workouts",
        `${path}: ${text.slice(0, 200)}`,
      );
      const theirs = await bob.call(queryOf(path, body));
      assert.equal(theirs.status, 200);
      assert.ok(
        !JSON.stringify(theirs.body).includes("oura"),
        `${path} shows a stranger something`,
      );
    }
    const { body: { data: accesses } } = await alice.call("metrics/accesses?limit=1000");
    assert.equal(accesses.length, asked + 1, "one line for each, and for this");
  });
});

Deno.test("metrics answers a day that is the sum of its rows, each day of the person's own", async () => {
  await withFunctions(async (world) => {
    const alice = await world.signIn();
    await link(world, alice);
    const rows: MetricRow[] = [];
    for (let cursor: string | null = ""; cursor !== null && rows.length < 3_000;) {
      const path = `metrics?types=heart_rate&limit=1000${cursor && `&cursor=${cursor}`}`;
      const { body } = await alice.call(path);
      rows.push(...body.data);
      cursor = body.meta.nextCursor;
    }
    assert.ok(rows.length > 100);
    const { body: { data: days } } = await alice.call("metrics/summary/days?types=heart_rate");
    const byDay = Map.groupBy(rows, ({ localDate }) => localDate);
    // The oldest of the rows' days may go on beyond them, and so may the next: its night began before.
    const whole = [...byDay].slice(0, -2);
    assert.ok(whole.length > 2);
    for (const [date, values] of whole) {
      const mean = values.reduce((sum, { value }) => sum + value, 0) /
        values.length;
      const day = days.find((one: { date: string }) => one.date === date);
      assert.ok(
        Math.abs(day.heartRateAvg - mean) < 1e-9,
        `${date}: ${day.heartRateAvg}, not ${mean}`,
      );
      assert.equal(day.metrics[0].receipt.winner.readings, values.length);
    }
  });
});

Deno.test("metrics tells a browser that what it has still holds, and writes the look down", async () => {
  await withFunctions(async (world) => {
    const alice = await world.signIn();
    await link(world, alice);
    const first = await alice.call("metrics/summary/days");
    const etag = first.headers.get("etag") ?? "";
    const again = await alice.call("metrics/summary/days", undefined, { "if-none-match": etag });
    assert.deepEqual([first.status, again.status, again.body], [200, 304, ""]);
    const { body: { data } } = await alice.call("metrics/accesses");
    assert.deepEqual(
      data.map(({ action }: { action: string }) => action),
      ["accesses.list", "metrics.summary", "metrics.summary"],
    );
  });
});
