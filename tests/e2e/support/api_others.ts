/** What the operations beside `connect` answer, at each of their addresses. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { OPERATIONS } from "@shared/api/operations/mod.ts";
import { type Call, type CallOptions, operation, withAliases } from "./api_calls.ts";
import { ofTerra } from "./api_refusals.ts";
import { type Caller, KEYS } from "./functions_world.ts";

/** TEST KEYS, for providers whose checks of the address are answered in ways of their own. */
const FITBIT = { secret: "test-fitbit-secret", verifyToken: "test-fitbit-verify-token" };
const GOOGLE = { secret: "test-google-secret", webhookSecret: "test-google-webhook-secret" };

export const CHECKED_PROVIDERS = {
  FITBIT_CLIENT_ID: "test-fitbit",
  FITBIT_CLIENT_SECRET: FITBIT.secret,
  FITBIT_VERIFY_TOKEN: FITBIT.verifyToken,
  GOOGLE_HEALTH_CLIENT_ID: "test-google",
  GOOGLE_HEALTH_CLIENT_SECRET: GOOGLE.secret,
  GOOGLE_HEALTH_WEBHOOK_SECRET: GOOGLE.webhookSecret,
};

async function expect(call: Call, status: number, id: string, options: CallOptions) {
  for (const one of withAliases(id)) {
    const answer = await call(one, options);
    assert.equal(answer.status, status, `${one.id}: ${answer.text.slice(0, 200)}`);
  }
}

export async function refreshEverywhere(call: Call, as: Caller) {
  await expect(call, 200, "refreshTokens", { as });
  await expect(call, 200, "refreshTokens", { as: "scheduler" });
  await expect(call, 404, "refreshTokens", { as, input: { provider: "nonesuch" } });
  await expect(call, 501, "refreshTokens", { as, input: { provider: "resmed" } });
}

export async function visitCallback(call: Call) {
  await expect(call, 302, "receiveCallback", { input: { state: "s".repeat(43), code: "c" } });
  await expect(call, 404, "receiveCallback", { provider: "nonesuch" });
  await expect(call, 501, "receiveCallback", { provider: "resmed" });
  await expect(call, 405, "receiveCallback", { headers: { "sec-purpose": "prefetch" } });
}

export async function deliverEverywhere(call: Call) {
  const json = (body: string) => ({ body, type: "application/json" });
  await expect(call, 200, "deliverWebhook", ofTerra('{"type":"healthcheck"}'));
  await expect(call, 201, "deliverWebhook", {
    provider: "google_health",
    raw: json('{"type":"verification"}'),
    headers: { authorization: GOOGLE.webhookSecret },
  });
  const signed = createHmac("sha1", `${FITBIT.secret}&`).update("[]").digest("base64");
  await expect(call, 204, "deliverWebhook", {
    provider: "fitbit",
    raw: json("[]"),
    headers: { "x-fitbit-signature": signed },
  });
  await expect(call, 401, "deliverWebhook", { provider: "terra", raw: json("{}") });
  await expect(call, 404, "deliverWebhook", { provider: "nonesuch", raw: json("{}") });
  await expect(call, 503, "deliverWebhook", { provider: "strava", raw: json("{}") });

  const challenge = (verification_token: string) => ({
    input: { verification_token, challenge: "c" },
  });
  await expect(call, 200, "checkWebhook", challenge(KEYS.oura.verifyToken));
  await expect(call, 403, "checkWebhook", challenge("wrong"));
  await expect(call, 204, "checkWebhook", {
    provider: "fitbit",
    input: { verify: FITBIT.verifyToken },
  });
  await expect(call, 401, "checkWebhook", { provider: "terra" });
  await expect(call, 404, "checkWebhook", { provider: "nonesuch" });
  await expect(call, 503, "checkWebhook", { provider: "strava" });
}

/** Wakes the worker, which goes on after its answer. */
export const operate = (call: Call) => expect(call, 202, "wakeWorker", { as: "scheduler" });

/** Each read, twice: the second time what was answered still holds. After a sync of sleeps and glucose. */
export async function readEverything(call: Call, as: Caller) {
  for (
    const read of OPERATIONS.filter(({ tag, method }) => tag === "metrics" && method !== "put")
  ) {
    const name = read.aliasOf ?? read.id;
    const options = { as, ...(name === "listAccesses" ? await behindTheFirst(call, as) : {}) };
    const answer = await call(read, options);
    assert.equal(answer.status, 200, `${read.id}: ${answer.text.slice(0, 200)}`);
    assert.ok((HOLDS_DATA[name] ?? ((data) => data.length > 0))(answer.body.data), read.id);
    if (!read.answers[304]) continue;
    const headers = { "if-none-match": answer.headers.get("etag") ?? "" };
    const again = await call(read, { ...options, headers });
    assert.deepEqual([again.status, again.text], [304, ""], read.id);
  }
}

/** What an answer that is no list must not be without: an empty one would fit any description. */
// deno-lint-ignore no-explicit-any -- an answer as it came
const HOLDS_DATA: Readonly<Record<string, (data: any) => boolean>> = {
  describeApi: () => true,
  getPreferences: (data) => data.timeZone !== null && data.sources.all.length > 0,
  getLatestGlucose: (data) => data.stats !== null && data.readings.length > 0,
  getLatestSleep: (data) => data.sleep !== null && data.sleep.stages.length > 0,
  getDailySummary: (data) => data.metrics.length > 0,
  getSeries: (data) => data.series.length === 2 && data.series[0].ts.length > 0,
};

/** The first page of accesses grows with each look at it; those behind it stay. */
async function behindTheFirst(call: Call, as: Caller): Promise<CallOptions> {
  const { body } = await call(operation("listAccesses"), { as, input: { limit: 1 } });
  return { input: { limit: 1, cursor: body.meta.nextCursor } };
}

/** Everything that can be preferred, and that it is kept. */
export async function preferEverything(call: Call, as: Caller) {
  const order = [{ provider: "oura" }, { provider: "terra", via: "garmin", device: "Fenix" }];
  const input = {
    timeZone: "Europe/Berlin",
    sources: { all: order, categories: { glucose: order }, metrics: { steps: order } },
  };
  await expect(call, 200, "setPreferences", { as, input });
  const { body } = await call(operation("getPreferences"), { as });
  assert.deepEqual(body.data, input);
}
