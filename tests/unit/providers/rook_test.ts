import assert from "node:assert/strict";
import { toHex, utf8 } from "@shared/core/bytes.ts";
import { hmac } from "@shared/core/crypto.ts";
import { Secret } from "@shared/core/secret.ts";
import { ProviderError } from "@shared/providers/errors.ts";
import type { WidgetLink } from "@shared/providers/link.ts";
import rook from "@shared/providers/rook.ts";
import type { RawRequest } from "@shared/providers/webhook.ts";
import { ACCOUNT, MARKED, withProvider } from "../../support/provider_server.ts";

const REFERENCE = "0f5b7c1e-8a3d-4e55-b7a2-1d2c3b4a5968";
const RETURN_URL = `https://project.test/functions/v1/oauth-callback/rook?state=${REFERENCE}`;
const KEY = "rook_test_secret_hash_key";

function link(): WidgetLink {
  assert.ok(rook.link.kind === "widget");
  return rook.link;
}

function sources(...services: readonly string[]) {
  const data_sources = ["Garmin", "Oura", "Dexcom"].map((data_source) => ({
    data_source,
    authorized: services.includes(data_source),
    image: "https://image.test/a.png",
  }));
  return Response.json({ data_sources });
}

Deno.test("openSession() asks for the page of the chosen service, by our key and for our reference", () =>
  withProvider(
    () =>
      Response.json({
        data_source: "Whoop",
        authorized: false,
        authorization_url: "https://service.test/oauth?client_id=1",
      }),
    async ({ requests, context }) => {
      const ask = { reference: REFERENCE, returnUrl: RETURN_URL, service: "whoop" };
      const page = await link().openSession(ask, context());
      assert.equal(page.href, "https://service.test/oauth?client_id=1");
      const [request] = requests;
      const path = `/api/v1/user_id/${REFERENCE}/data_source/Whoop/authorizer`;
      assert.equal(request?.url.origin, "https://api.rook-connect.com");
      assert.equal(request.url.pathname, path);
      assert.equal(request.url.searchParams.get("redirect_url"), RETURN_URL);
      const basic = btoa(`${MARKED.clientId}:${MARKED.clientSecret}`);
      assert.equal(request.headers.get("authorization"), `Basic ${basic}`);
      // ROOK takes no other id: no underscore, no dot, no more than 50.
      assert.match(REFERENCE, /^[a-zA-Z0-9-]{1,50}$/);
    },
  ));

Deno.test("openSession() goes nowhere without https, and asks for no service that is not offered", async () => {
  const answers = [
    { data_source: "Oura", authorized: true, authorization_url: null },
    { data_source: "Oura", authorized: false, authorization_url: "http://service.test/oauth" },
    { data_source: "Oura", authorized: false, authorization_url: "javascript:alert(1)" },
  ];
  for (const answer of answers) {
    await withProvider(() => Response.json(answer), async ({ context }) => {
      const ask = { reference: REFERENCE, returnUrl: RETURN_URL, service: "oura" };
      await assert.rejects(link().openSession(ask, context()), ProviderError);
    });
  }
  await withProvider(() => Response.json({}), async ({ requests, context }) => {
    for (const service of ["apple_health", "Oura", "../x", undefined]) {
      const ask = { reference: REFERENCE, returnUrl: RETURN_URL, ...(service ? { service } : {}) };
      await assert.rejects(link().openSession(ask, context()), ProviderError);
    }
    assert.equal(requests.length, 0);
  });
});

Deno.test("confirm() believes no redirect: the user of our reference must have a service", async () => {
  const callback = new URLSearchParams(`state=${REFERENCE}&user_id=u-2&data_source=Oura`);
  await withProvider(() => sources("Garmin"), async ({ requests, context }) => {
    assert.deepEqual(await link().confirm({ reference: REFERENCE, callback }, context()), {
      externalUserId: REFERENCE,
      via: "garmin",
    });
    const path = `/api/v2/user_id/${REFERENCE}/data_sources/authorized`;
    assert.deepEqual(requests.map(({ url }) => url.pathname), [path]);
  });
  await withProvider(() => sources(), async ({ context }) => {
    await assert.rejects(
      link().confirm({ reference: REFERENCE, callback }, context()),
      (error) => {
        assert.ok(error instanceof ProviderError);
        assert.deepEqual(error.failure, { kind: "rejected", status: 403 });
        return true;
      },
    );
  });
});

Deno.test("unlink() revokes each service that there is, and takes 422 for done", async () => {
  const account = { externalUserId: REFERENCE };
  for (const status of [200, 204, 422]) {
    await withProvider(
      ({ method }) => method === "GET" ? sources("Oura", "Dexcom") : new Response(null, { status }),
      async ({ requests, context }) => {
        await link().unlink?.(account, context());
        const [, ...revoked] = requests;
        assert.deepEqual(revoked.map(({ method, url, body }) => [method, url.pathname, body]), [
          [
            "POST",
            `/api/v1/user_id/${REFERENCE}/data_sources/revoke_auth`,
            `{"data_source":"Oura"}`,
          ],
          [
            "POST",
            `/api/v1/user_id/${REFERENCE}/data_sources/revoke_auth`,
            `{"data_source":"Dexcom"}`,
          ],
        ]);
        assert.equal(revoked[0]?.headers.get("content-type"), "application/json");
      },
    );
  }
  await withProvider(
    ({ method }) => method === "GET" ? sources("Oura") : new Response(null, { status: 503 }),
    async ({ context }) => {
      await assert.rejects(
        async () => await link().unlink?.(account, context()),
        (error) => error instanceof ProviderError && error.failure.kind === "unavailable",
      );
    },
  );
});

Deno.test("fetchLatestMetrics() asks for each day of the window once, and 204 is nothing there", () =>
  withProvider(() => new Response(null, { status: 204 }), async ({ requests, context }) => {
    const window = {
      from: new Date("2026-02-26T12:00:00Z"),
      to: new Date("2026-03-02T00:00:00Z"),
    };
    for (const { name } of rook.resources) {
      const before = requests.length;
      const ask = { account: ACCOUNT, window, resource: name };
      for await (const { records } of rook.fetchLatestMetrics(ask, context())) {
        assert.deepEqual(records, []);
      }
      const own = requests.slice(before);
      const dates = own.map(({ url }) => url.searchParams.get("date"));
      assert.deepEqual(dates, ["2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01"], name);
      for (const { url } of own) assert.equal(url.searchParams.get("user_id"), "test-person");
    }
  }));

Deno.test("a rook resource is asked for at the path of its own document", () => {
  const window = { from: new Date("2026-02-01T00:00:00Z"), to: new Date("2026-02-02T00:00:00Z") };
  const paths = rook.resources.map(({ name, request }) => {
    const url = new URL(request?.({ account: ACCOUNT, window }).url ?? "about:blank");
    return [name, url.pathname.replace("/v2/processed_data/", "")];
  });
  assert.deepEqual(paths, [
    ["physical_summary", "physical_health/summary"],
    ["sleep_summary", "sleep_health/summary"],
    ["body_summary", "body_health/summary"],
    ["activity_event", "physical_health/events/activity"],
    ["physical_heart_rate_event", "physical_health/events/heart_rate"],
    ["physical_oxygenation_event", "physical_health/events/oxygenation"],
    ["heart_rate_event", "body_health/events/heart_rate"],
    ["oxygenation_event", "body_health/events/oxygenation"],
    ["blood_glucose_event", "body_health/events/blood_glucose"],
    ["blood_pressure_event", "body_health/events/blood_pressure"],
    ["body_metrics_event", "body_health/events/body_metrics"],
    ["hydration_event", "body_health/events/hydration"],
    ["nutrition_event", "body_health/events/nutrition"],
    ["temperature_event", "body_health/events/temperature"],
  ]);
});

const TIME = "2023-12-29T21:07:14.402999Z";

function delivery(body: unknown, hash: string): RawRequest {
  return {
    method: "POST",
    url: new URL("https://project.test/functions/v1/webhooks/rook"),
    headers: new Headers({ "x-rook-hash": hash }),
    body: utf8(JSON.stringify(body)),
  };
}

function verify(request: RawRequest, ...secrets: readonly string[]) {
  const signing = secrets.map((one) => new Secret(one));
  return rook.webhook?.verifyWebhook(request, { signing }, new Date());
}

/** As the changelog describes it: the three in a row, and nothing else of the body. */
function hashOf(...parts: readonly string[]): string {
  return toHex(hmac("SHA-256", KEY, parts.join("")));
}

Deno.test("a rook hash covers client, user and time, and no value: another body passes and pushes nothing", async () => {
  assert.equal(
    toHex(hmac("SHA-256", "ROOK_Secret_Key", "ROOK")),
    "382da6381717a0fdfeba9ef922041df3ea8db97bbd2d20af21e216bdd1e6096b",
  );
  const of = (weight: number) => ({
    client_uuid: "demoClientUUID",
    user_id: "demoUserId",
    data_structure: "body_summary",
    body_health: {
      summary: {
        body_summary: {
          metadata: { datetime_string: TIME },
          body_metrics: { weight_kg_float: weight },
        },
      },
    },
  });
  const hash = hashOf("demoClientUUID", "demoUserId", TIME);
  for (const weight of [86, 186]) {
    const request = delivery(of(weight), hash);
    assert.equal(await verify(request, KEY), true);
    const events = rook.webhook?.parseWebhook(request, { receivedAt: new Date() }) ?? [];
    assert.deepEqual(events.map(({ kind }) => kind), ["notify"]);
    assert.ok(!JSON.stringify(events).includes(String(weight)));
  }
  const others = [
    { ...of(86), user_id: "anotherUserId" },
    { ...of(86), client_uuid: "anotherClient" },
    { ...of(86), datetime: "2023-12-30T00:00:00Z" },
    { ...of(86), body_health: { summary: { body_summary: {} } } },
    { data_structure: "body_summary" },
    [],
  ];
  for (const other of others) assert.equal(await verify(delivery(other, hash), KEY), false);
  assert.equal(await verify(delivery(of(86), hash), "another key"), false);
  assert.equal(await verify(delivery(of(86), hash.toUpperCase()), KEY), true);
});

Deno.test("a rook hash is not looked for deeper than a document goes", async () => {
  let body: unknown = { metadata: { datetime_string: TIME } };
  for (let depth = 0; depth < 5; depth++) body = { inside: body };
  const document = { client_uuid: "c", user_id: "u", data_structure: "x", body };
  assert.equal(await verify(delivery(document, hashOf("c", "u", TIME)), KEY), false);
});
