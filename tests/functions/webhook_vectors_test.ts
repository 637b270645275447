/** What is known of each provider's deliveries and checks, through the webhooks function with its own drivers and queue. */
import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { directory } from "@shared/providers/directory.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { createGate } from "@shared/runtime/gate.ts";
import { createReceiver, maxBytes, mediaTypes } from "@shared/webhooks/receive.ts";
import { createApp } from "../../functions/webhooks/app.ts";
import { withDatabase } from "../support/database.ts";
import { readSharedJson } from "../support/shared_data.ts";
import { httpRuntime } from "./http_runtime.ts";

interface Signed {
  readonly headers?: Readonly<Record<string, string>>;
  readonly header?: string;
  readonly header_value?: string;
  readonly signature?: string;
}

interface Vector extends Signed {
  readonly provider: string;
  readonly scheme: string;
  readonly body?: string;
  readonly handshake?: string;
  readonly bad_variants?: readonly (Signed & { readonly why: string; readonly expect?: string })[];
}

interface Schemes {
  readonly secret: string;
  readonly timestamp: number;
  readonly vectors: readonly Vector[];
}

const schemes = readSharedJson<Schemes>("vectors/webhook_provider_schemes.json");

/** The headers of `signed`, under the name that the scheme gives. */
function headersOf(scheme: Vector, signed: Signed): Record<string, string> | undefined {
  if (signed.headers) return { ...signed.headers };
  const value = signed.header_value ?? signed.signature;
  return scheme.header && value ? { [scheme.header]: value } : undefined;
}

const VERIFY_TOKEN = "test-token-of-the-vectors";

interface Call {
  readonly method?: string;
  /** Behind the provider's slug. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: number;
}

/** What the rows say of a check of the address, in words. */
const HANDSHAKES: Readonly<Record<string, readonly Call[]>> = {
  fitbit: [
    { method: "GET", path: `?verify=${VERIFY_TOKEN}`, status: 204 },
    { method: "GET", path: "?verify=wrong", status: 404 },
  ],
  oura: [
    { method: "GET", path: `?verification_token=${VERIFY_TOKEN}&challenge=c1`, status: 200 },
    { method: "GET", path: "?verification_token=wrong&challenge=c1", status: 403 },
  ],
  strava: ["wrong", VERIFY_TOKEN].map((token) => ({
    method: "GET",
    path: `?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=c1`,
    status: token === VERIFY_TOKEN ? 200 : 403,
  })),
  withings: [{ method: "HEAD", status: 200 }],
};

/** What the rows say, in words, of providers that sign nothing; the good delivery first. */
function unsignedCalls(secret: string): Readonly<Record<string, readonly Call[]>> {
  const ours = { "garmin-client-id": "1" };
  const body = JSON.stringify({ dailies: [{ userId: "u1", summaryId: "s1" }] });
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const news = "userid=12345&appli=1&startdate=1530576000&enddate=1530698753";
  return {
    garmin: [
      { path: `/${secret}`, headers: ours, body, status: 200 },
      { path: `/${secret}`, headers: { "garmin-client-id": "2" }, body, status: 401 },
      { path: `/${secret}`, body, status: 401 },
      { path: `/${secret}x`, headers: ours, body, status: 401 },
      { headers: ours, body, status: 401 },
    ],
    withings: [
      { path: `/${secret}`, headers: form, body: news, status: 200 },
      { path: `/${secret}x`, headers: form, body: news, status: 401 },
      { headers: form, body: news, status: 401 },
    ],
    // It has no webhooks.
    dexcom: [{ body: "{}", status: 404 }, { path: `/${secret}`, body: "{}", status: 404 }],
  };
}

/** What a row of a signed delivery must be answered with, sent as it is and sent changed. */
function signedCalls(vector: Vector, good: number, refused: number): readonly Call[] {
  const { body = "", bad_variants = [] } = vector;
  const headers = headersOf(vector, vector) ?? {};
  return [
    { headers, body, status: good },
    { headers, body: `${body} `, status: refused },
    { body, status: refused },
    // A digit of the time that is passed off as part of the body.
    ...Object.entries(headers).filter(([, value]) => /^\d+$/.test(value)).map(([name, value]) => ({
      headers: { ...headers, [name]: value.slice(0, -1) },
      body: `${value.slice(-1)}${body}`,
      status: refused,
    })),
    ...bad_variants.map((variant) => ({
      headers: headersOf(vector, variant) ?? {},
      body,
      status: variant.expect === "accept" ? good : refused,
    })),
  ];
}

Deno.test({
  name: "webhooks answers each provider's deliveries and checks as its row says",
  ignore: !schemes,
  async fn(t) {
    assert.ok(schemes);
    const { secret, timestamp, vectors } = schemes;
    const secrets = { signing: [new Secret(secret)], verifyToken: new Secret(VERIFY_TOKEN) };
    const settings = new Map(
      PROVIDERS.map(({ slug }) => [slug, {
        client: { id: "1", secret: new Secret(secret) },
        webhook: { ...secrets, clientId: "1" },
      }]),
    );
    const now = () => new Date(timestamp * 1_000);
    await withDatabase(async ({ appUrl, admin }) => {
      const db = connect({ url: new Secret(appUrl), max: 4, prepare: false });
      const gate = createGate(db, () => {});
      const providers = directory(settings, { origins: new Map(), now, gate });
      const handle = createReceiver({ db, providers, now });
      const app = createApp({ ...httpRuntime(), webhooks: { maxBytes, mediaTypes, handle } });
      const call = async (provider: string, { method = "POST", path = "", ...given }: Call) => {
        const response = await app.fetch(
          new Request(`https://functions.test/webhooks/${provider}${path}`, {
            method,
            headers: { "content-type": "application/json", ...given.headers },
            ...(given.body === undefined ? {} : { body: given.body }),
          }),
        );
        await response.body?.cancel();
        assert.equal(response.status, given.status, `${provider}: ${JSON.stringify(given)}`);
      };
      const counts = { signed: 0, unsigned: 0, handshakes: 0, calls: 0 };
      const stored: string[] = [];
      try {
        for (const vector of vectors) {
          const { provider } = vector;
          const webhook = PROVIDERS.find(({ slug }) => slug === provider)?.webhook;
          const isSigned = headersOf(vector, vector) !== undefined;
          const good = webhook?.acknowledge ?? 200;
          const deliveries = isSigned
            ? signedCalls(vector, good, webhook?.refusal ?? 401)
            : unsignedCalls(secret)[provider];
          const checks = vector.handshake === undefined ? [] : HANDSHAKES[provider];
          assert.ok(deliveries && checks, `${provider}: ${vector.scheme}: no calls`);
          for (const one of [...deliveries, ...checks]) await call(provider, one);
          if (deliveries[0]?.status === good) stored.push(provider);
          counts[isSigned ? "signed" : "unsigned"]++;
          counts.handshakes += Number(checks.length > 0);
          counts.calls += deliveries.length + checks.length;
        }
        await t.step(
          `${counts.signed} rows signed, ${counts.unsigned} not, ${counts.handshakes} with a ` +
            `handshake: ${counts.calls} calls`,
          () => assert.equal(counts.signed + counts.unsigned, vectors.length),
        );
        const rows = await admin`
          select distinct provider from raphael_private.webhook_events order by 1`;
        assert.deepEqual(rows.map((row) => row["provider"]), stored.toSorted());
      } finally {
        await db.close();
      }
    });
  },
});
