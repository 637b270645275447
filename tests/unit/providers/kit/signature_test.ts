import assert from "node:assert/strict";
import { utf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import {
  bodySecret,
  every,
  headerSecret,
  pathSecret,
  standardWebhook,
} from "@shared/providers/kit/signature.ts";
import type { RawRequest, Webhook } from "@shared/providers/webhook.ts";
import { readSharedJson } from "../../../support/shared_data.ts";

interface Official {
  readonly secret: string;
  readonly id: string;
  readonly timestamp: number;
  readonly payload: string;
  readonly signature: string;
}

const vectors = readSharedJson<{ official: readonly Official[] }>(
  "vectors/webhook_standard_svix.json",
);

function requestOf(p: {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly path?: string;
}): RawRequest {
  return {
    method: "POST",
    url: new URL(`https://app.example/functions/v1/webhooks/${p.path ?? "x"}`),
    headers: new Headers(p.headers),
    body: utf8(p.body ?? "{}"),
  };
}

function verify(scheme: Webhook["verifyWebhook"], request: RawRequest, now = new Date(0)) {
  const signing = [new Secret("test-key-next"), new Secret("test-key")];
  return scheme(request, { signing }, now);
}

// The example of the Standard Webhooks 1.0.0 test suite.
const MESSAGE: Official = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1_614_265_330,
  payload: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

function standard(
  message: Official,
  change: Partial<Record<"id" | "timestamp" | "signature" | "body", string>> = {},
  seconds = 0,
): Promise<boolean> {
  const headers = {
    "svix-id": change.id ?? message.id,
    "svix-timestamp": change.timestamp ?? String(message.timestamp),
    "svix-signature": change.signature ?? message.signature,
  };
  const request = requestOf({ headers, body: change.body ?? message.payload });
  const signing = [new Secret("whsec_AAAA"), new Secret(message.secret)];
  const now = new Date((message.timestamp + seconds) * 1_000);
  return standardWebhook("svix")(request, { signing }, now);
}

Deno.test("standardWebhook() accepts the specification's message, among others' signatures too", async () => {
  const { signature } = MESSAGE;
  assert.equal(await standard(MESSAGE), true);
  assert.equal(await standard(MESSAGE, { signature: `v1,AAAA v2,x ${signature}` }), true);
  for (const seconds of [-300, 300]) assert.equal(await standard(MESSAGE, {}, seconds), true);
});

Deno.test("standardWebhook() refuses what differs in anything that is signed", async () => {
  const { signature } = MESSAGE;
  for (
    const change of [
      { id: "msg_other" },
      { id: "" },
      { timestamp: "1614265331" },
      { timestamp: "1614265330.0" },
      { timestamp: "" },
      { body: '{"test": 2432232315}' },
      { signature: signature.replace("v1", "v2") },
      { signature: signature.slice(3) },
      { signature: "v1,$$$" },
      { signature: "" },
      { signature: `${signature}, ${signature}` },
      { signature: `${"v1,AAAA ".repeat(8)}${signature}` },
    ]
  ) assert.equal(await standard(MESSAGE, change), false, JSON.stringify(change));
  for (const seconds of [-301, 301]) assert.equal(await standard(MESSAGE, {}, seconds), false);
});

Deno.test({
  name: "standardWebhook() agrees with the official vectors",
  ignore: !vectors,
  async fn() {
    const messages = vectors?.official ?? [];
    // Some are of other schemes (Stripe's), which name no `v1,` signature.
    const ours = messages.filter(({ signature }) => signature?.startsWith("v1,"));
    assert.ok(ours.length >= 2);
    for (const message of ours) assert.equal(await standard(message), true);
  },
});

Deno.test("pathSecret() wants the secret as the last part of the path, whole", async () => {
  const scheme = pathSecret();
  assert.equal(await verify(scheme, requestOf({ path: "garmin/test-key" })), true);
  assert.equal(await verify(scheme, requestOf({ path: "garmin/test-key-next" })), true);
  for (
    const path of ["garmin", "garmin/", "garmin/test-ke", "test-key/garmin", "garmin/TEST-KEY"]
  ) {
    assert.equal(await verify(scheme, requestOf({ path })), false, path);
  }
});

Deno.test("bodySecret() and headerSecret() compare the whole value", async () => {
  const inBody = bodySecret((body) =>
    typeof body === "object" && body !== null && "token" in body ? body.token : undefined
  );
  assert.equal(await verify(inBody, requestOf({ body: '{"token":"test-key"}' })), true);
  for (const body of ['{"token":"test-key "}', '{"token":1}', "{}", "null", "{"]) {
    assert.equal(await verify(inBody, requestOf({ body })), false, body);
  }
  const inHeader = headerSecret("authorization");
  const headers = { authorization: "test-key" };
  assert.equal(await verify(inHeader, requestOf({ headers })), true);
  assert.equal(await verify(inHeader, requestOf({ headers: { authorization: "test" } })), false);
  assert.equal(await verify(inHeader, requestOf({})), false);
});

Deno.test("every() wants all of them", async () => {
  const yes = () => Promise.resolve(true);
  const no = () => Promise.resolve(false);
  assert.equal(await verify(every(yes, yes), requestOf({})), true);
  assert.equal(await verify(every(yes, no), requestOf({})), false);
});
