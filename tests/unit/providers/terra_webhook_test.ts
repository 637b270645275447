import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { utf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import terra from "@shared/providers/terra.ts";
import type { RawRequest, WebhookEvent } from "@shared/providers/webhook.ts";
import { readSharedJson, readSharedText } from "../../support/shared_data.ts";

const webhook = terra.webhook ?? assert.fail("Terra has a webhook");
const SECRET = "test-key-terra";
const NOW = new Date("2026-07-02T05:30:00Z");
const SECONDS = NOW.getTime() / 1_000;
const BODY = '{ "type": "daily", "user": {"user_id":"u"}, "data": [] }\n';
const USER = { user_id: "u-1", provider: "GARMIN", scopes: "A,B", reference_id: null };
const REFERENCE = "0f5b7c1e-8a3d-4e55-b7a2-1d2c3b4a5968";

function requestOf(body: string, headers: Record<string, string> = {}): RawRequest {
  const url = new URL("https://app.example/functions/v1/webhooks/terra");
  return { method: "POST", url, headers: new Headers(headers), body: utf8(body) };
}

function mac(timestamp: number | string, secret = SECRET): string {
  return createHmac("sha256", secret).update(`${timestamp}.${BODY}`).digest("hex");
}

function verify(header: string, name = "terra-signature"): Promise<boolean> {
  const secrets = { signing: [new Secret("test-key-next"), new Secret(SECRET)] };
  return webhook.verifyWebhook(requestOf(BODY, { [name]: header }), secrets, NOW);
}

const AT = { receivedAt: new Date(0) };

function eventOf(body: Record<string, unknown>, headers?: Record<string, string>): WebhookEvent {
  const [event, ...others] = webhook.parseWebhook(requestOf(JSON.stringify(body), headers), AT);
  assert.ok(event && others.length === 0);
  return event;
}

Deno.test("verifyWebhook() takes any v1 of a list, ignores other names, wants one t", async () => {
  const t = `t=${SECONDS}`;
  const good = `v1=${mac(SECONDS)}`;
  const bad = `v1=${"0".repeat(64)}`;
  for (
    const header of [
      `${t},${good}`,
      `${good},${t}`,
      `${t}, ${good}`,
      `${t},${bad},${good}`,
      `${t},${good},v0=abc,kid=7`,
      `${t},v1=${mac(SECONDS).toUpperCase()}`,
    ]
  ) assert.equal(await verify(header), true, header);
  assert.equal(await verify(`${t},${good}`, "X-Terra-Signature"), true);
  for (
    const header of [
      "",
      t,
      good,
      `${t},${bad}`,
      `${t},v1=`,
      `${t},v0=${mac(SECONDS)}`,
      `t=1,${t},${good}`,
      `${t},${t},${good}`,
      `${t},v1=${mac(SECONDS, "test-key-other")}`,
      `${t},v1=${createHmac("sha256", SECRET).update(BODY).digest("hex")}`,
    ]
  ) assert.equal(await verify(header), false, header);
});

Deno.test("verifyWebhook() bounds the time by 300 s on both sides, in seconds", async () => {
  for (
    const [late, accepted] of [[-301, false], [-300, true], [300, true], [301, false]] as const
  ) {
    const t = SECONDS - late;
    assert.equal(await verify(`t=${t},v1=${mac(t)}`), accepted, `${late} s`);
  }
  for (const t of [`${NOW.getTime()}`, `${SECONDS}.0`, "1e9", ` ${SECONDS}x`, "-1"]) {
    assert.equal(await verify(`t=${t},v1=${mac(t)}`), false, t);
  }
});

Deno.test("deliveryKey() is the trace of one delivery, never the reference its chunks share", () => {
  const keyOf = (headers: Record<string, string>) => webhook.deliveryKey(requestOf(BODY, headers));
  assert.equal(
    keyOf({ "X-Terra-Trace-Id": "a:chunk:2", "terra-reference": "r" }),
    "a:chunk:2",
  );
  assert.equal(keyOf({ "terra-reference": "r" }), undefined);
  assert.equal(keyOf({}), undefined);
  assert.equal(keyOf({ "x-terra-trace-id": "x".repeat(201) }), undefined);
});

Deno.test("parseWebhook() pushes the envelope of every kind of data, ordered by Terra's clock", () => {
  for (const { name } of terra.resources) {
    const body = { type: name, user: USER, data: [] };
    assert.deepEqual(eventOf(body, { "x-terra-ordering-timestamp": "1782970199250" }), {
      kind: "push",
      externalUserId: "u-1",
      resource: name,
      body,
      occurredAt: new Date(1782970199250),
    });
  }
  const body = { type: "daily", user: USER, data: [] };
  assert.equal(eventOf(body, { "x-terra-ordering-timestamp": "soon" }).occurredAt, undefined);
});

Deno.test("parseWebhook() links by a reference of ours, and by no other", () => {
  const auth = (reference_id: unknown, more = {}) =>
    eventOf({ type: "auth", status: "success", user: { ...USER, reference_id }, ...more });
  const linked = { kind: "linked", externalUserId: "u-1", via: "garmin", scopes: ["A", "B"] };
  const random = "x".repeat(42) + "_";
  assert.deepEqual(auth(REFERENCE), { ...linked, reference: REFERENCE });
  assert.deepEqual(auth(random), { ...linked, reference: random });
  assert.deepEqual(auth(null, { reference_id: REFERENCE }), { ...linked, reference: REFERENCE });
  for (const reference of [null, "", "your-user-123", "a@b.example", `${REFERENCE}0`, "../x"]) {
    assert.equal(auth(reference).kind, "ignored", String(reference));
  }
  assert.equal(auth(REFERENCE, { status: "error" }).kind, "ignored");
});

Deno.test("parseWebhook() tells a link that ended from one that only stumbled", () => {
  const kindOf = (type: string) => eventOf({ type, user: USER }).kind;
  assert.equal(kindOf("deauth"), "revoked");
  assert.equal(kindOf("access_revoked"), "revoked");
  for (
    const type of ["connection_error", "large_request_processing", "athlete", "hormone", "new"]
  ) {
    assert.deepEqual(eventOf({ type, user: USER }), {
      kind: "ignored",
      externalUserId: "u-1",
      type,
    });
  }
});

Deno.test("parseWebhook() gives a linked-again person's new id with the old, where there is one", () => {
  const body = { type: "user_reauth", new_user: { ...USER, user_id: "u-2" }, old_user: USER };
  assert.deepEqual(eventOf(body), {
    kind: "relinked",
    externalUserId: "u-2",
    previousExternalUserId: "u-1",
  });
  assert.equal(eventOf({ ...body, old_user: null }).kind, "ignored");
});

Deno.test("parseWebhook() hands on the scopes that remain, none included", () => {
  const granted = (scopes: string | null) =>
    eventOf({ type: "permission_change", user: { ...USER, scopes } });
  assert.deepEqual(granted("A, C"), {
    kind: "scopes_changed",
    externalUserId: "u-1",
    granted: ["A", "C"],
  });
  assert.deepEqual(granted(""), { kind: "scopes_changed", externalUserId: "u-1", granted: [] });
});

Deno.test("parseWebhook() ignores what names nobody, and fetches no address it is sent", () => {
  for (
    const type of ["s3_payload", "auth_cancelled", "healthcheck", "lab_report.completed", "daily"]
  ) {
    assert.deepEqual(eventOf({ type, url: "https://evil.example/" }), {
      kind: "ignored",
      externalUserId: "",
      type,
    });
  }
});

Deno.test("a chunk of 10 MB and its envelope fit", () => {
  assert.ok((webhook.maxBytes ?? 0) > 10 * 1_024 * 1_024);
});

const KINDS: Readonly<Record<string, string>> = {
  access_revoked: "revoked",
  auth_authCancelled: "ignored",
  // Their example's reference is not one of ours.
  auth_authSuccess: "ignored",
  connection_error: "ignored",
  daily: "push",
  deauth: "revoked",
  lab_report_completed: "ignored",
  large_request_sending: "ignored",
  permission_change: "scopes_changed",
  s3_upload: "ignored",
  user_reauth: "relinked",
};

Deno.test({
  name: "Terra's own examples of deliveries are understood",
  ignore: readSharedText("provider-payloads/terra/webhook_deauth.json") === undefined,
  fn() {
    for (const [name, kind] of Object.entries(KINDS)) {
      const example = readSharedText(`provider-payloads/terra/webhook_${name}.json`) ?? "";
      assert.equal(webhook.parseWebhook(requestOf(example), AT)[0]?.kind, kind, name);
    }
  },
});

interface Scheme {
  readonly provider: string;
  readonly body: string;
  readonly header_value: string;
  readonly bad_variants: readonly { readonly header_value: string; readonly expect?: string }[];
}

const schemes = readSharedJson<{ secret: string; timestamp: number; vectors: Scheme[] }>(
  "vectors/webhook_provider_schemes.json",
);

Deno.test({
  name: "verifyWebhook() agrees with the known signatures",
  ignore: schemes === undefined,
  async fn() {
    const vector = schemes?.vectors.find(({ provider }) => provider === "terra");
    assert.ok(schemes && vector);
    const accepts = (header: string) =>
      webhook.verifyWebhook(
        requestOf(vector.body, { "terra-signature": header }),
        { signing: [new Secret(schemes.secret)] },
        new Date(schemes.timestamp * 1_000),
      );
    assert.equal(await accepts(vector.header_value), true);
    for (const { header_value, expect } of vector.bad_variants) {
      assert.equal(await accepts(header_value), expect === "accept", header_value);
    }
  },
});
