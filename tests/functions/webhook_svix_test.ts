/** Svix's own tests of its signature, through the webhooks function with Junction's driver and queue. */
import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { readCredentials } from "@shared/config/credentials.ts";
import { connect } from "@shared/db/client.ts";
import { directory } from "@shared/providers/directory.ts";
import junction from "@shared/providers/junction.ts";
import { createGate } from "@shared/runtime/gate.ts";
import { createReceiver, maxBytes, mediaTypes } from "@shared/webhooks/receive.ts";
import { createApp } from "../../functions/webhooks/app.ts";
import { withDatabase } from "../support/database.ts";
import { readSharedJson } from "../support/shared_data.ts";
import { httpRuntime } from "./http_runtime.ts";

interface Scenario {
  readonly name: string;
  readonly now: number;
  readonly secret?: string;
  readonly secrets?: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
  readonly expect: "accept" | "reject" | "throw_at_start";
}

/** What the publishers sign in their own tests. */
interface Official {
  readonly name: string;
  readonly secret: string;
  readonly id: string;
  readonly timestamp: number;
  readonly payload: string;
  readonly signature: string;
}

const svix = readSharedJson<{
  readonly official: readonly Official[];
  readonly scenarios_derived_from_official_tests: readonly Scenario[];
}>("vectors/webhook_standard_svix.json");

function asScenario({ id, timestamp, signature, ...official }: Official): Scenario {
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signature,
  };
  return { ...official, now: timestamp, headers, expect: "accept" };
}

Deno.test({
  name: "webhooks takes of Svix what its own tests take, and refuses the rest",
  ignore: !svix,
  async fn(t) {
    assert.ok(svix);
    const scenarios = [
      ...svix.official.map(asScenario),
      ...svix.scenarios_derived_from_official_tests,
    ];
    const seen = { accept: 0, reject: 0, throw_at_start: 0 };
    await withDatabase(async ({ appUrl }) => {
      const db = connect({ url: new Secret(appUrl), max: 4, prepare: false });
      try {
        for (const { name, secret = "", secrets = [secret], ...scenario } of scenarios) {
          seen[scenario.expect]++;
          if (scenario.expect === "throw_at_start") {
            const env = {
              JUNCTION_CLIENT_ID: "test-team",
              JUNCTION_CLIENT_SECRET: "test-key-junction-of-a-fair-length",
              JUNCTION_WEBHOOK_SECRET: secret,
            };
            const { problems } = readCredentials(junction, env);
            assert.match(problems.join(), /JUNCTION_WEBHOOK_SECRET/, name);
            continue;
          }
          const now = () => new Date(scenario.now * 1_000);
          const settings = new Map([["junction", {
            client: { id: "1", secret: new Secret("test-key-junction") },
            webhook: { signing: secrets.map((one) => new Secret(one)) },
          }]]);
          const gate = createGate(db, () => {});
          const providers = directory(settings, { origins: new Map(), now, gate });
          const handle = createReceiver({ db, providers, now });
          const app = createApp({ ...httpRuntime(), webhooks: { maxBytes, mediaTypes, handle } });
          // Svix's own prefix; the scheme's is `webhook-`.
          const headers = Object.entries(scenario.headers)
            .map(([header, value]) => [header.replace(/^webhook-/, "svix-"), value] as const);
          const response = await app.fetch(
            new Request("https://functions.test/webhooks/junction", {
              method: "POST",
              headers: { "content-type": "application/json", ...Object.fromEntries(headers) },
              body: scenario.payload,
            }),
          );
          await response.body?.cancel();
          assert.equal(response.status, scenario.expect === "accept" ? 200 : 401, name);
        }
        const { accept, reject, throw_at_start } = seen;
        await t.step(
          `${accept} rows taken, ${reject} refused, ${throw_at_start} that stop the start`,
          () => assert.equal(accept + reject + throw_at_start, scenarios.length),
        );
      } finally {
        await db.close();
      }
    });
  },
});
