import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { directory } from "@shared/providers/directory.ts";
import type { ProviderGate } from "@shared/providers/gate.ts";
import { serve } from "../../../dev/serve.ts";
import { ACCOUNT, WINDOW } from "../../support/provider_server.ts";

const OPEN: ProviderGate = {
  enter: () => Promise.resolve({ kind: "pass", watched: false }),
  leave: () => Promise.resolve(),
};

/** The paths that Strava's driver reaches, with the host each was meant for. */
async function reached(apiBase?: string): Promise<readonly string[]> {
  const seen: string[] = [];
  const server = serve((request) => {
    seen.push(new URL(request.url).pathname);
    return Response.json([]);
  });
  const here = server.url;
  const client = { id: "1", secret: new Secret("test-key") };
  const providers = directory(new Map([["strava", { client, ...(apiBase ? { apiBase } : {}) }]]), {
    origins: new Map([
      ["https://www.strava.com", `${here}/www`],
      ["https://api-v3.strava.com", `${here}/api-v3`],
    ]),
    now: () => new Date("2027-02-01T00:00:00Z"),
    gate: OPEN,
  });
  try {
    const strava = providers.get("strava") ?? assert.fail("not configured");
    const ctx = strava.context(new AbortController().signal);
    const ask = { account: ACCOUNT, window: WINDOW };
    await strava.driver.fetchPage({ ...ask, resource: "activities" }, ctx);
    const { link } = strava.driver;
    assert.equal(link.kind, "oauth2");
    const request = { clientId: "1", state: "s", redirectUri: "https://a.example/" };
    if (link.kind === "oauth2") seen.push(strava.browserUrl(link.authorizeUrl(request)).pathname);
  } finally {
    await server.stop();
  }
  return seen;
}

Deno.test("directory() sends the API's requests to the base that the operator chose, and no others", async () => {
  const authorize = "/www/oauth/authorize";
  assert.deepEqual(await reached(), ["/www/api/v3/athlete/activities", authorize]);
  assert.deepEqual(await reached("https://api-v3.strava.com"), [
    "/api-v3/athlete/activities",
    authorize,
  ]);
});
