import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import fitbit from "@shared/providers/fitbit.ts";
import { findProvider } from "@shared/providers/mod.ts";
import { ACCOUNT, withProvider } from "../../support/provider_server.ts";

Deno.test("fitbit tells whoever still has a token that the API has ended", () =>
  withProvider(() => new Response("Gone", { status: 410 }), async ({ context }) => {
    const { link } = fitbit;
    assert.ok(link.kind === "oauth2");
    const tokens = { accessToken: new Secret("a"), refreshToken: new Secret("r") };
    await assert.rejects(link.refreshTokens(tokens, ACCOUNT, context()), {
      name: "ProviderError",
      failure: { kind: "reauthorize", cause: "api_ended" },
    });
  }));

Deno.test("fitbit has nothing to ask for, and stays known by its own name", () => {
  for (const { request, requestOne, poll } of fitbit.resources) {
    assert.deepEqual([request, requestOne, poll], [undefined, undefined, undefined]);
  }
  assert.equal(fitbit.history, undefined);
  assert.deepEqual(findProvider("fitbit"), { kind: "driver", driver: fitbit });
});
