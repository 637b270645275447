/** What the operations beside `connect` answer, at each of their addresses. */
import assert from "node:assert/strict";
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
    headers: { authorization: `Bearer ${GOOGLE.webhookSecret}` },
  });
  const signed = await sha1(`${FITBIT.secret}&`, "[]");
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

async function sha1(key: string, message: string): Promise<string> {
  const { createHmac } = await import("node:crypto");
  return createHmac("sha1", key).update(message).digest("base64");
}

/** Wakes the worker, which goes on after its answer. */
export const operate = (call: Call) => expect(call, 202, "wakeWorker", { as: "scheduler" });

/** Each read; the second time by its ETag. Answers those that gave no data. */
export async function readEverything(call: Call, as: Caller): Promise<readonly string[]> {
  const reads = OPERATIONS.filter(({ tag }) => tag === "metrics");
  const empty: string[] = [];
  for (const read of reads) {
    const answer = await call(read, { as });
    assert.equal(answer.status, 200, `${read.id}: ${answer.text.slice(0, 200)}`);
    if (Array.isArray(answer.body.data) && answer.body.data.length === 0) empty.push(read.id);
    if (!read.answers[304]) continue;
    const again = await call(read, {
      as,
      headers: { "if-none-match": answer.headers.get("etag") ?? "" },
    });
    assert.equal(again.status, 304, read.id);
    assert.equal(again.text, "");
  }
  assert.ok(operation("describeApi"));
  return empty;
}
