import assert from "node:assert/strict";
import * as answers from "@shared/api/metrics_answers.ts";
import { z } from "zod";
import { GET, ORIGIN, post } from "./http_runtime.ts";
import { metricsApp, PREFERENCES, questions } from "./metrics_app.ts";

interface Endpoint {
  readonly path: string;
  readonly answer: z.ZodType;
  readonly query: string;
  readonly body: object;
  /** What the port is asked. */
  readonly asked: object;
}

const TYPES = {
  types: ["energy_total", "energy_active"],
  firstPresent: [["energy_total", "energy_active"]],
};
const DAY = { since: new Date("2026-02-01T00:00:00Z"), until: new Date("2026-02-02T00:00:00Z") };

const ENDPOINTS: readonly Endpoint[] = [
  {
    path: "/latest",
    answer: answers.latestAnswer,
    query: "types=CALORIES&source=3",
    body: { types: ["calories"], source: 3 },
    asked: { ...TYPES, source: 3 },
  },
  {
    path: "/glucose/latest",
    answer: answers.glucoseAnswer,
    query: "hours=24&unit=mmol/L&low=3.9&limit=5",
    body: { hours: 24, unit: "mmol/L", low: 3.9, limit: 5 },
    asked: {
      hours: 24,
      unit: "mmol/L",
      limit: 5,
      thresholds: { veryLow: 54, low: 3.9 * 18.0156, high: 180, veryHigh: 250 },
    },
  },
  {
    path: "/sleep/latest",
    answer: answers.sleepAnswer,
    query: "days=7&provider=oura",
    body: { days: 7, provider: "oura" },
    asked: { days: 7, provider: "oura" },
  },
  {
    path: "/workouts",
    answer: answers.workoutsAnswer,
    query: "since=2026-02-01&until=2026-02-02&type=running&limit=5&cursor=abc",
    body: { since: "2026-02-01", until: "2026-02-02", type: "running", limit: 5, cursor: "abc" },
    asked: { ...DAY, type: "running", limit: 5, cursor: "abc" },
  },
  {
    path: "/summary/daily",
    answer: answers.summaryAnswer,
    query: "date=2026-02-28&types=calories",
    body: { date: "2026-02-28", types: "calories" },
    asked: { ...TYPES, since: "2026-02-28", until: "2026-03-01", days: 1 },
  },
  {
    path: "/summary/days",
    answer: answers.summaryDaysAnswer,
    query: "since=2026-02-01&until=2026-02-03",
    body: { since: "2026-02-01", until: "2026-02-03" },
    asked: { since: "2026-02-01", until: "2026-02-03", days: 30 },
  },
  {
    path: "/series",
    answer: answers.seriesAnswer,
    query: "types=calories&resolution=5m&aggregate=sum&since=2026-02-01&until=2026-02-02",
    body: {
      types: "calories",
      resolution: "5m",
      aggregate: "sum",
      since: "2026-02-01",
      until: "2026-02-02",
    },
    asked: { ...TYPES, ...DAY, resolution: "5m", aggregate: "sum" },
  },
  {
    path: "/coverage",
    answer: answers.coverageAnswer,
    query: "since=2026-02-01&types=calories",
    body: { since: "2026-02-01", types: ["CALORIES"] },
    asked: { ...TYPES, since: "2026-02-01" },
  },
  {
    path: "/accesses",
    answer: answers.accessesAnswer,
    query: "limit=5",
    body: { limit: 5 },
    asked: { limit: 5 },
  },
  { path: "/preferences", answer: answers.preferencesAnswer, query: "", body: {}, asked: {} },
];

/** The answer with not one member that the contract does not name. */
function strictly(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) {
    const shape = Object.fromEntries(
      Object.entries(schema.shape).map(([key, value]) => [key, strictly(value as z.ZodType)]),
    );
    return z.strictObject(shape);
  }
  if (schema instanceof z.ZodArray) return z.array(strictly(schema.element as z.ZodType));
  if (schema instanceof z.ZodOptional) return strictly(schema.unwrap() as z.ZodType).optional();
  if (schema instanceof z.ZodNullable) return strictly(schema.unwrap() as z.ZodType).nullable();
  return schema;
}

for (const { path, answer, query, body, asked: expected } of ENDPOINTS) {
  Deno.test(`metrics${path} answers its contract, by GET and POST and under /me alike`, async () => {
    const { app, asked } = metricsApp("next");
    const bodies: unknown[] = [];
    for (const root of ["/metrics", "/metrics/me"]) {
      const got = await app.request(`${root}${path}?${query}&apikey=x`, GET);
      const posted = await app.request(`${root}${path}`, post(body));
      assert.deepEqual([got.status, posted.status], [200, 200]);
      assert.match(got.headers.get("etag") ?? "", /^"/);
      assert.equal(posted.headers.get("cache-control"), "no-store");
      bodies.push(await got.json(), await posted.json());
    }
    const [first, ...others] = bodies;
    const checked = strictly(answer).safeParse(first);
    assert.ok(checked.success, JSON.stringify(checked.error?.issues));
    for (const other of others) assert.deepEqual(other, first);
    for (const question of questions(asked)) assert.deepEqual(question, expected);
    assert.equal(asked.length, 4);
  });
}

Deno.test("metrics summary has the seed's members in the seed's units", async () => {
  const { app } = metricsApp();
  const { data, meta } = await (await app.request("/metrics/summary/daily", GET)).json();
  assert.equal(data.date, "2026-03-01");
  assert.deepEqual([data.steps, data.calories, data.sleepDuration], [9_000, 400, 7.5]);
  assert.deepEqual(data.glucose, { avg: 110, min: 70, max: 180 });
  assert.equal(data.heartRateAvg, undefined);
  assert.deepEqual(meta, { timeZone: "Europe/Berlin" });
});

Deno.test("metrics/series asks for the newest where nothing says since when", async () => {
  const { app, asked } = metricsApp();
  for (const [resolution, days] of [["5m", 1], ["1h", 7], ["1d", 30]] as const) {
    await app.request(`/metrics/series?types=steps&resolution=${resolution}`, GET);
    const { since, until } = asked.pop() as { since: Date; until: Date };
    assert.equal(until.getTime() - since.getTime(), days * 86_400_000);
    assert.ok(until.getTime() >= Date.now() - 5_000);
  }
});

Deno.test("metrics/preferences takes what is set by PUT, and leaves the rest", async () => {
  const { app, asked } = metricsApp();
  const put = (body: unknown) =>
    app.request("/metrics/preferences", { ...post(body), method: "PUT" });
  const response = await put({ timeZone: "Europe/Berlin" });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.deepEqual(await response.json(), { success: true, data: PREFERENCES });
  await put({
    timeZone: null,
    sources: { all: [{ provider: "oura", device: "Ring 4" }], metrics: { steps: [] } },
  });
  assert.deepEqual(questions(asked), [
    { timeZone: "Europe/Berlin" },
    {
      timeZone: null,
      sources: {
        all: [{ provider: "oura", device: "Ring 4" }],
        categories: {},
        metrics: { steps: [] },
      },
    },
  ]);
  const preflight = await app.request("/metrics/preferences", {
    method: "OPTIONS",
    headers: { origin: ORIGIN, "access-control-request-method": "PUT" },
  });
  assert.match(preflight.headers.get("access-control-allow-methods") ?? "", /PUT/);
});

Deno.test("metrics refuses each bad question with 400, and asks nothing", async () => {
  const { app, asked } = metricsApp();
  const bad = [
    "/glucose/latest?hours=24&days=1",
    "/glucose/latest?days=91",
    "/glucose/latest?unit=g/L",
    "/glucose/latest?low=40",
    "/glucose/latest?unit=mmol/L&low=70",
    "/glucose/latest?veryLow=70&low=70",
    "/glucose/latest?limit=1001",
    "/sleep/latest?days=0",
    "/workouts?type=Running%20fast",
    "/workouts?since=2026-02-02&until=2026-02-01",
    "/summary/daily?date=2026-02-30",
    "/summary/daily?date=2026-02-01T00:00:00Z",
    "/summary/days?since=2026-02-02&until=2026-02-02",
    "/summary/days?since=2024-01-01&until=2026-01-01",
    "/series",
    "/series?types=steps&resolution=1m",
    "/series?types=steps&aggregate=avg",
    "/series?types=heart_rate&aggregate=sum",
    "/series?types=rr_interval",
    "/series?types=steps&resolution=5m&since=2024-01-01&until=2026-01-01",
    "/coverage?since=yesterday",
    "/accesses?types=steps",
    "/preferences?timeZone=UTC",
    "/latest?source=oura",
    "/latest?source=0",
    "/latest?source=99999999999",
  ];
  for (const path of bad) {
    const response = await app.request(`/metrics${path}`, GET);
    assert.equal(response.status, 400, path);
    assert.equal((await response.json()).type, "urn:raphael:problem:invalid_request", path);
  }
  const put = (body: unknown) =>
    app.request("/metrics/preferences", { ...post(body), method: "PUT" });
  const bodies = [
    { timeZone: "Mars/Olympus" },
    { timeZone: "+02:00" },
    { timeZone: "GMT+2" },
    { sources: { all: [{ provider: "oura" }, { provider: "oura" }] } },
    { sources: { metrics: { nonsense: [] } } },
    { sources: { categories: { nonsense: [] } } },
    { sources: { all: [{ provider: "oura", device: "" }] } },
    { sources: { all: [{ provider: "oura", device: "a\u0000b" }] } },
    { sources: { all: Array.from({ length: 51 }, (_, n) => ({ provider: `p${n}` })) } },
    { time_zone: "UTC" },
  ];
  for (const body of bodies) assert.equal((await put(body)).status, 400, JSON.stringify(body));
  assert.equal((await app.request("/metrics/preferences", { method: "DELETE" })).status, 405);
  assert.deepEqual(asked, []);
});

Deno.test("metrics answers nothing without a session, whatever the path", async () => {
  const { app, asked } = metricsApp();
  for (const { path } of ENDPOINTS) {
    for (const method of ["GET", "POST"]) {
      assert.equal((await app.request(`/metrics${path}`, { method })).status, 401, path);
    }
  }
  assert.equal((await app.request("/metrics/preferences", { method: "PUT" })).status, 401);
  assert.deepEqual(asked, []);
});
