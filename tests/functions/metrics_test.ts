import assert from "node:assert/strict";
import { ALICE, GET, ORIGIN, post } from "./http_runtime.ts";
import { metricsApp as metrics, questions, ROW } from "./metrics_app.ts";

Deno.test("metrics lists by GET and by POST alike, as the person", async () => {
  const { app, asked } = metrics("next");
  const query = "types=HEART_RATE,HRV&since=2026-01-01&provider=oura&limit=5&cursor=abc";
  const body = {
    types: ["HEART_RATE", "HRV"],
    since: "2026-01-01",
    provider: "oura",
    limit: 5,
    cursor: "abc",
  };
  const answers = [
    await app.request(`/metrics?${query}&forceFunctionRegion=eu-west-1&apikey=x`, GET),
    await app.request(`/metrics/me/metrics?${query}`, GET),
    await app.request("/metrics", post(body)),
    await app.request("/metrics/me/metrics", post(body)),
  ];
  for (const response of answers) {
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), {
      success: true,
      data: [{
        ...ROW,
        metric_type: "heart_rate",
        metric_value: 61,
        metric_unit: "bpm",
        recorded_at: ROW.ts,
      }],
      meta: { limit: 5, nextCursor: "next" },
    });
  }
  for (const { claims, requestId } of asked) {
    assert.equal(JSON.parse(JSON.stringify(claims)).sub, ALICE);
    assert.match(String(requestId), /^[0-9a-f-]{36}$/);
  }
  const [ask, ...others] = questions(asked);
  assert.deepEqual(ask, {
    types: ["heart_rate", "hrv_rmssd", "hrv_sdnn"],
    since: new Date("2026-01-01T00:00:00Z"),
    provider: "oura",
    limit: 5,
    cursor: "abc",
  });
  for (const other of others) assert.deepEqual(other, ask);
});

Deno.test("metrics without a word answers the newest hundred", async () => {
  const { app, asked } = metrics();
  for (const init of [GET, post()]) {
    const response = await app.request("/metrics/", init);
    assert.deepEqual((await response.json()).meta, { limit: 100, nextCursor: null });
  }
  assert.deepEqual(questions(asked), [{ limit: 100 }, { limit: 100 }]);
});

Deno.test("metrics gives the latest by GET and by POST", async () => {
  const { app, asked } = metrics();
  await app.request("/metrics/latest?types=steps", GET);
  const response = await app.request("/metrics/latest", post({ types: "steps" }));
  assert.equal((await response.json()).data[0].id, "17");
  assert.deepEqual(questions(asked), [{ types: ["steps"] }, { types: ["steps"] }]);
});

Deno.test("metrics refuses a bad query or body with 400 and never 500", async () => {
  const { app, asked } = metrics();
  for (
    const query of [
      "types=NONSENSE",
      "types=steps&types=weight",
      "limit=0",
      "limit=1001",
      "limit=1e9",
      "limit[]=5",
      "since=-271821-04-20",
      "since=2026-01-01T00:00:00+02:00", // an unescaped plus is a space
      "until=tomorrow",
      "since=2026-01-02&until=2026-01-01",
      "cursor=%00",
      "provider=%27%20or%201=1",
      "user_id=8c1d3c1e-5b0a-4b43-9a0e-0d5f3a1b2c3d",
      "__proto__=1",
    ]
  ) {
    const response = await app.request(`/metrics?${query}`, GET);
    assert.equal(response.status, 400, query);
    assert.equal((await response.json()).code, "DATA_VALIDATION_ERROR");
  }
  assert.equal((await app.request("/metrics/latest?limit=5", GET)).status, 400);
  assert.equal((await app.request("/metrics", post({ limit: [5] }))).status, 400);
  assert.equal((await app.request("/metrics", post([]))).status, 400);
  assert.deepEqual(asked, []);
});

Deno.test("metrics lets the person's own browser keep an answer and ask again", async () => {
  const { app, rows } = metrics();
  const ask = async (etag?: string) =>
    await app.request("/metrics", {
      headers: {
        authorization: "Bearer alice",
        origin: ORIGIN,
        ...(etag ? { "if-none-match": etag } : {}),
      },
    });
  const first = await ask();
  const etag = first.headers.get("etag") ?? "";
  assert.match(etag, /^"[A-Za-z0-9_-]{27}"$/);
  assert.equal(first.headers.get("cache-control"), "private, no-cache");
  assert.equal(first.headers.get("vary"), "Authorization, Origin");
  for (const sent of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const again = await ask(sent);
    assert.equal(again.status, 304, sent);
    assert.equal(await again.text(), "");
    assert.equal(again.headers.get("etag"), etag);
    assert.equal(again.headers.get("access-control-allow-origin"), ORIGIN);
  }
  for (const deviceId of ["ab", "ba", "日本", "本日"]) {
    const before = (await ask()).headers.get("etag") ?? "";
    assert.equal((await ask(before)).status, 304);
    rows[0] = { ...ROW, deviceId };
    assert.equal((await ask(before)).status, 200, "as long as it was, and another");
  }
  const posted = await app.request("/metrics", post());
  assert.equal(posted.headers.get("cache-control"), "no-store");
  assert.equal(posted.headers.get("etag"), null);
});

Deno.test("metrics needs a session; one without an account may read", async () => {
  const { app } = metrics();
  for (
    const [path, method] of [["/metrics", "GET"], ["/metrics", "POST"], ["/metrics/latest", "GET"]]
  ) {
    const response = await app.request(path ?? "", { method: method ?? "" });
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("cache-control"), "no-store");
  }
  const anonymous = { headers: { authorization: "Bearer anonymous" } };
  assert.equal((await app.request("/metrics", anonymous)).status, 200);
});
