import assert from "node:assert/strict";
import { sealTokens } from "@shared/connections/tokens.ts";
import { Secret } from "@shared/core/secret.ts";
import { storeTokens } from "@shared/db/accounts.ts";
import { connect } from "@shared/db/client.ts";
import type { ConfiguredProvider } from "@shared/providers/configured.ts";
import withings from "@shared/providers/withings.ts";
import { subscribe } from "@shared/webhooks/subscribe.ts";
import { withDatabase } from "../support/database.ts";
import { vault } from "../support/linked.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { withProvider } from "../support/provider_server.ts";

const CALLBACK = "https://app.example/functions/v1/webhooks/withings/test-key-path%2Fsecret";

Deno.test("subscribe() of one account uses that person's token and the secret address", async () => {
  await withDatabase(async ({ app, admin, appUrl }) => {
    const db = connect({ url: new Secret(appUrl), max: 2, prepare: false });
    const account = {
      ...await addAccount(app, await addPerson(admin), { provider: "withings" }),
      provider: "withings",
    };
    const tokens = {
      accessToken: new Secret("access-of-the-person"),
      refreshToken: new Secret("refresh-of-the-person"),
      expiresAt: new Date(Date.now() + 3_600_000),
    };
    await storeTokens(app, account.id, await sealTokens(vault, account, tokens, 1));
    const made: [appli: string | null, callback: string | null, authorization: string | null][] =
      [];
    await withProvider(({ body, headers }) => {
      const form = new URLSearchParams(body);
      if (form.get("action") === "subscribe") {
        made.push([form.get("appli"), form.get("callbackurl"), headers.get("authorization")]);
      }
      return Response.json({ status: 0, body: { profiles: [] } });
    }, async ({ context }) => {
      const { client } = context();
      const configured: ConfiguredProvider = {
        driver: withings,
        client,
        webhook: { signing: [new Secret("test-key-path/secret")] },
        region: "",
        context: (signal) => context({ signal, now: new Date() }),
        admit: () => Promise.resolve({ kind: "pass", watched: false }),
        release: () => Promise.resolve(),
        browserUrl: (url) => url,
      };
      const isolate = { timeLeftMs: () => Infinity, keep: () => {}, idle: () => Promise.resolve() };
      const providers = { get: () => configured, all: () => [configured] };
      const handler = subscribe({
        db,
        vault,
        isolate,
        providers,
        log: () => {},
        now: () => new Date(),
        functionsUrl: "https://app.example/functions/v1",
      });
      const outcome = await handler({
        payload: { provider: "withings", accountId: account.id },
        attempt: 1,
        createdAt: new Date(),
        signal: new AbortController().signal,
      });
      assert.equal(outcome.kind, "done");
    });
    await db.close();
    assert.deepEqual(
      made,
      ["1", "2", "4", "16", "44", "54", "46"]
        .map((appli) => [appli, CALLBACK, "Bearer access-of-the-person"]),
    );
  });
});
