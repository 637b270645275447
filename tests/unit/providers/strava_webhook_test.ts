import assert from "node:assert/strict";
import { utf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import strava from "@shared/providers/strava.ts";
import type { RawRequest } from "@shared/providers/webhook.ts";
import { MARKED, withProvider } from "../../support/provider_server.ts";
import { readSharedJson } from "../../support/shared_data.ts";

const CALLBACK = "https://app.example/functions/v1/webhooks/strava/secret";

function subscribed(existing: readonly string[]): Promise<readonly string[]> {
  const made: string[] = [];
  return withProvider(({ method, url, body }) => {
    const form = method === "GET" ? url.searchParams : new URLSearchParams(body);
    assert.equal(form.get("client_secret"), MARKED.clientSecret);
    if (method === "GET") {
      return Response.json(existing.map((callback_url, id) => ({ id, callback_url })));
    }
    assert.equal(form.get("verify_token"), "verify");
    made.push(form.get("callback_url") ?? "");
    if (existing.length > 0) {
      return new Response("{}", { status: 400 });
    }
    return Response.json({ id: 1 }, { status: 201 });
  }, ({ context }) =>
    strava.webhook?.subscribe?.(
      { callbackUrl: CALLBACK, verifyToken: new Secret("verify") },
      context(),
    ) ?? Promise.reject()).then(() => made);
}

Deno.test("subscribe() makes strava's one subscription, once, and leaves another's alone", async () => {
  assert.deepEqual(await subscribed([]), [CALLBACK]);
  assert.deepEqual(await subscribed([CALLBACK]), []);
  await assert.rejects(subscribed(["https://elsewhere.example/"]), {
    failure: { kind: "rejected", status: 400 },
  });
});

interface Vectors {
  readonly secret: string;
  readonly vectors: readonly {
    readonly provider: string;
    readonly header_value?: string;
    readonly body: string;
  }[];
}

const schemes = readSharedJson<Vectors>("vectors/webhook_provider_schemes.json");

Deno.test({
  name: "strava's deliveries prove themselves by the secret address, or by the signature of others",
  ignore: !schemes,
  async fn() {
    const vector = schemes?.vectors.find(({ provider }) => provider === "strava");
    assert.ok(schemes && vector?.header_value && strava.webhook);
    const { webhook } = strava;
    const verify = (path: string, signature?: string, body = vector.body) => {
      const request: RawRequest = {
        method: "POST",
        url: new URL(`https://app.example/functions/v1/webhooks/strava${path}`),
        headers: new Headers(signature ? { "x-strava-signature": signature } : {}),
        body: utf8(body),
      };
      const at = Number(/t=(\d+)/.exec(vector.header_value ?? "")?.[1]);
      const secrets = { signing: [new Secret(schemes.secret)] };
      return webhook.verifyWebhook(request, secrets, new Date(at * 1_000));
    };
    assert.equal(await verify("", vector.header_value), true);
    assert.equal(
      await verify("", vector.header_value, vector.body.replace("Messy", "Tidy")),
      false,
    );
    assert.equal(await verify(""), false);
    assert.equal(await verify("/wrong"), false);
    assert.equal(await verify(`/${encodeURIComponent(schemes.secret)}`), true);
  },
});
