import assert from "node:assert/strict";
import { ProviderError } from "@shared/providers/errors.ts";
import junction from "@shared/providers/junction.ts";
import type { WidgetLink } from "@shared/providers/link.ts";
import { MARKED, withProvider } from "../../support/provider_server.ts";

const REFERENCE = "0f5b7c1e-8a3d-4e55-b7a2-1d2c3b4a5968";
const RETURN_URL = `https://project.test/functions/v1/oauth-callback/junction?state=${REFERENCE}`;

function link(): WidgetLink {
  assert.ok(junction.link.kind === "widget");
  return junction.link;
}

function userOf(clientUserId: string, services: readonly string[]) {
  return {
    user_id: "u-1",
    client_user_id: clientUserId,
    connected_sources: services.map((slug) => ({ provider: { slug } })),
  };
}

Deno.test("openSession() names the user by our reference, which comes back beside Junction's state", () =>
  withProvider(
    ({ url }) =>
      Response.json(
        url.pathname === "/v2/user"
          ? userOf(REFERENCE, [])
          : { link_token: "t", link_web_url: "https://link.tryvital.io/?token=t" },
      ),
    async ({ requests, context }) => {
      const request = { reference: REFERENCE, returnUrl: RETURN_URL };
      const page = await link().openSession(request, context());
      assert.equal(page.href, "https://link.tryvital.io/?token=t");
      const [made, opened] = requests;
      assert.deepEqual(JSON.parse(made?.body ?? ""), { client_user_id: REFERENCE });
      assert.equal(made?.headers.get("x-vital-api-key"), MARKED.clientSecret);
      const { user_id, redirect_url } = JSON.parse(opened?.body ?? "");
      assert.equal(user_id, "u-1");
      assert.equal(new URL(redirect_url).search, `?reference=${REFERENCE}`);
    },
  ));

Deno.test("openSession() sends nobody to another host", () =>
  withProvider(
    ({ url }) =>
      Response.json(
        url.pathname === "/v2/user"
          ? userOf(REFERENCE, [])
          : { link_web_url: "https://link.tryvital.io.elsewhere.test/?token=t" },
      ),
    async ({ context }) => {
      const request = { reference: REFERENCE, returnUrl: RETURN_URL };
      await assert.rejects(link().openSession(request, context()), ProviderError);
    },
  ));

Deno.test("confirm() believes no redirect: the user must be ours and have a service", async () => {
  const confirm = (answer: unknown) => {
    let profile: unknown;
    return withProvider(() => Response.json(answer), async ({ requests, context }) => {
      const callback = new URLSearchParams("state=success&user_id=u-2");
      profile = await link().confirm({ reference: REFERENCE, callback }, context());
      assert.equal(requests[0]?.url.pathname, `/v2/user/resolve/${REFERENCE}`);
    }).then(() => profile);
  };
  assert.deepEqual(await confirm(userOf(REFERENCE, ["Oura"])), {
    externalUserId: "u-1",
    via: "oura",
  });
  for (const other of [userOf(REFERENCE, []), userOf("another", ["oura"])]) {
    await assert.rejects(confirm(other), ProviderError);
  }
});
