/** Deliveries whose signatures others computed, through the webhooks function with its own drivers and queue. */
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
  readonly body?: string;
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

Deno.test({
  name: "webhooks takes each provider's signed delivery and refuses its variants",
  ignore: !schemes,
  async fn() {
    assert.ok(schemes);
    const { secret, timestamp, vectors } = schemes;
    const signing = [new Secret(secret)];
    const settings = new Map(
      PROVIDERS.map(({ slug }) => [slug, {
        client: { id: "1", secret: new Secret(secret) },
        webhook: { signing },
      }]),
    );
    const now = () => new Date(timestamp * 1_000);
    await withDatabase(async ({ appUrl, admin }) => {
      const db = connect({ url: new Secret(appUrl), max: 4, prepare: false });
      const gate = createGate(db, () => {});
      const providers = directory(settings, { origins: new Map(), now, gate });
      const handle = createReceiver({ db, providers, now });
      const app = createApp({ ...httpRuntime(), webhooks: { maxBytes, mediaTypes, handle } });
      const deliver = async (slug: string, body: string, headers: Record<string, string>) => {
        const response = await app.fetch(
          new Request(`https://functions.test/webhooks/${slug}`, {
            method: "POST",
            headers: { "content-type": "application/json", ...headers },
            body,
          }),
        );
        await response.body?.cancel();
        return response.status;
      };
      try {
        const taken: string[] = [];
        for (const vector of vectors) {
          const webhook = PROVIDERS.find(({ slug }) => slug === vector.provider)?.webhook;
          const headers = headersOf(vector, vector);
          if (!webhook || !headers || vector.body === undefined) continue;
          const { provider, body } = vector;
          const refusal = webhook.refusal ?? 401;
          assert.equal(
            await deliver(provider, body, headers),
            webhook.acknowledge ?? 200,
            provider,
          );
          assert.equal(
            await deliver(provider, `${body} `, headers),
            refusal,
            `${provider}: longer`,
          );
          assert.equal(await deliver(provider, body, {}), refusal, `${provider}: unsigned`);
          for (const variant of vector.bad_variants ?? []) {
            const sent = headersOf(vector, variant) ?? {};
            const expected: number = variant.expect === "accept"
              ? webhook.acknowledge ?? 200
              : refusal;
            assert.equal(
              await deliver(provider, body, sent),
              expected,
              `${provider}: ${variant.why}`,
            );
          }
          taken.push(provider);
        }
        console.log(`signed deliveries of ${taken.join(", ")}`);
        assert.ok(taken.length >= 4);
        const rows = await admin`
          select distinct provider from raphael_private.webhook_events order by 1`;
        assert.deepEqual(rows.map((row) => row["provider"]), taken.toSorted());
      } finally {
        await db.close();
      }
    });
  },
});
