import assert from "node:assert/strict";
import { utf8 } from "@shared/core/bytes.ts";
import { ProblemError } from "@shared/core/problems.ts";
import { Secret } from "@shared/core/secret.ts";
import type { Database } from "@shared/db/client.ts";
import type { ConfiguredProvider } from "@shared/providers/configured.ts";
import { ProviderError } from "@shared/providers/errors.ts";
import fitbit from "@shared/providers/fitbit.ts";
import google_health from "@shared/providers/google_health.ts";
import { toResponse } from "@shared/http/answer.ts";
import { createReceiver } from "@shared/webhooks/receive.ts";

Deno.test("receive() asks for a delivery again whose keys cannot be read now", async () => {
  const { headers, body } = JSON.parse(
    await Deno.readTextFile(
      new URL("../../fixtures/google_health/webhook.json", import.meta.url),
    ),
  ).deliveries[0];
  const keyset = () =>
    Promise.reject(new ProviderError("google_health", { kind: "unavailable" }, "reach"));
  // SAFETY: the driver and its secrets are all that is looked at before the database is.
  const provider = {
    driver: google_health,
    webhook: { signing: [new Secret(headers.authorization)], keyset },
  } as unknown as ConfiguredProvider;
  const receive = createReceiver({
    // SAFETY: never reached.
    db: {} as Database,
    providers: { get: () => provider, all: () => [provider] },
    now: () => new Date("2026-03-08T02:00:00Z"),
  });
  const request = {
    method: "POST",
    url: new URL("https://app.example/functions/v1/webhooks/google_health"),
    headers: new Headers(headers),
    body: utf8(body),
  };
  await assert.rejects(receive({ provider: "google_health", request }), (error) => {
    assert.ok(error instanceof ProblemError && error.problem === "unavailable");
    return true;
  });
});

Deno.test("receive() answers a check without a body where its status may not have one", async () => {
  const verifyToken = new Secret("test-verify-token");
  // SAFETY: the driver and its secrets are all that is looked at.
  const provider = {
    driver: fitbit,
    webhook: { signing: [new Secret("test-secret")], verifyToken },
  } as unknown as ConfiguredProvider;
  const receive = createReceiver({
    // SAFETY: never reached.
    db: {} as Database,
    providers: { get: () => provider, all: () => [provider] },
    now: () => new Date("2026-03-08T02:00:00Z"),
  });
  const url = new URL("https://app.example/functions/v1/webhooks/fitbit?verify=test-verify-token");
  const request = { method: "GET", url, headers: new Headers(), body: utf8("") };
  const answer = await receive({ provider: "fitbit", request });
  // A 204 with even an empty text is no response at all.
  assert.equal(toResponse(answer).status, 204);
});
