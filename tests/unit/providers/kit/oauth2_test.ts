import assert from "node:assert/strict";
import { z } from "zod";
import { Secret } from "@shared/core/secret.ts";
import { oauth2, type OAuth2Spec } from "@shared/providers/kit/oauth2.ts";
import { ACCOUNT, MARKED, withProvider } from "../../../support/provider_server.ts";

const HOST = "https://provider.example";
const GOOD = { access_token: "test-leak-a", refresh_token: "test-leak-r", token_type: "Bearer" };
const EXCHANGE = { code: "c", redirectUri: "https://app.example/cb", codeVerifier: "v".repeat(43) };
const TOKENS = {
  accessToken: new Secret(MARKED.accessToken),
  refreshToken: new Secret(MARKED.refreshToken),
};

function link(spec: Partial<OAuth2Spec> = {}) {
  return oauth2({
    provider: { slug: "test", hosts: ["provider.example", "eu.provider.example"] },
    authorize: `${HOST}/authorize`,
    token: `${HOST}/token`,
    scopes: ["read:a", "read:b"],
    clientAuth: "post",
    pkce: false,
    rotation: { kind: "none" },
    codeLifetimeSeconds: 60,
    profile: {
      request: () => new Request(`${HOST}/me`),
      schema: z.object({ id: z.string() }).transform(({ id }) => ({ externalUserId: id })),
    },
    ...spec,
  });
}

Deno.test("authorizeUrl() joins scopes as the provider wants them, or the operator's own", () => {
  const p = { clientId: "id", state: "s", redirectUri: "https://app.example/cb" };
  const scopeOf = (url: URL) => url.searchParams.get("scope");
  assert.equal(scopeOf(link().authorizeUrl(p)), "read:a read:b");
  assert.equal(scopeOf(link({ scopeSeparator: "," }).authorizeUrl(p)), "read:a,read:b");
  assert.equal(scopeOf(link().authorizeUrl({ ...p, scopes: ["x"] })), "x");
  assert.equal(scopeOf(link({ scopes: [] }).authorizeUrl(p)), null);
});

Deno.test("authorizeUrl() of a provider with PKCE needs a challenge; parameters cannot undo state", () => {
  const p = { clientId: "id", state: "s", redirectUri: "https://app.example/cb" };
  assert.throws(() => link({ pkce: true }).authorizeUrl(p), /code challenge missing/);
  const url = link({ authorizeParams: { prompt: "consent", state: "fixed" } }).authorizeUrl(p);
  assert.equal(url.searchParams.get("prompt"), "consent");
  assert.equal(url.searchParams.get("state"), "s");
});

Deno.test("exchangeCodeForTokens() goes to the region's host with the provider's client authentication", () =>
  withProvider(() => Response.json(GOOD), async ({ requests, context }) => {
    const regional = link({
      clientAuth: "basic",
      pkce: true,
      token: (region) => `https://${region}.provider.example/token`,
    });
    await regional.exchangeCodeForTokens({ ...EXCHANGE, region: "eu" }, context());
    const [request] = requests;
    assert.equal(request?.url.href, "https://eu.provider.example/token");
    const basic = request?.headers.get("authorization")?.replace("Basic ", "") ?? "";
    assert.equal(atob(basic), `${MARKED.clientId}:${MARKED.clientSecret}`);
    const form = new URLSearchParams(request?.body);
    assert.equal(form.get("code_verifier"), EXCHANGE.codeVerifier);
    assert.equal(form.get("client_secret"), null);
  }));

Deno.test("conform() turns an envelope into an RFC 6749 answer, errors included", async () => {
  const withings = link({
    async conform(response) {
      const { status, body } = await response.json();
      return status === 0
        ? Response.json({ ...body, token_type: "Bearer" })
        : Response.json({ error: status === 503 ? "invalid_grant" : "x" }, { status: 400 });
    },
  });
  const { token_type: _, ...body } = GOOD;
  await withProvider(() => Response.json({ status: 0, body }), async ({ context }) => {
    const tokens = await withings.exchangeCodeForTokens(EXCHANGE, context());
    assert.equal(tokens.accessToken.reveal(), GOOD.access_token);
  });
  await withProvider(() => Response.json({ status: 503, body: {} }), async ({ context }) => {
    await assert.rejects(withings.exchangeCodeForTokens(EXCHANGE, context()), {
      failure: { kind: "reauthorize", cause: "invalid_grant" },
    });
  });
});

Deno.test("a token answer may have nulls, an id token, numbers as text, and another 2xx", () => {
  const answer = {
    ...GOOD,
    refresh_token: null,
    scope: "ext:read:a,read:b  read:a",
    id_token: "junk",
    expires_in: "60",
  };
  return withProvider(() => Response.json(answer, { status: 201 }), async ({ context }) => {
    const spelt = link({ scopeName: (granted) => granted.replace(/^ext:/, "") });
    const tokens = await spelt.exchangeCodeForTokens(EXCHANGE, context());
    assert.equal(tokens.refreshToken, undefined);
    assert.deepEqual(tokens.scopes, ["read:a", "read:b"]);
    assert.equal(tokens.expiresAt?.toISOString(), "2026-03-01T12:01:00.000Z");
  });
});

Deno.test("a token call outlives the caller's deadline: a rotated token must not be lost", () =>
  withProvider(async () => {
    await new Promise((resolve) => setTimeout(resolve, 80));
    return Response.json(GOOD);
  }, async ({ context }) => {
    const ctx = context({ signal: AbortSignal.timeout(20) });
    const tokens = await link().refreshTokens(TOKENS, ACCOUNT, ctx);
    assert.equal(tokens.accessToken.reveal(), GOOD.access_token);
  }));

Deno.test("refreshTokens() without a refresh token means: link again, and sends nothing", () =>
  withProvider(() => Response.json(GOOD), async ({ requests, context }) => {
    const { accessToken } = TOKENS;
    await assert.rejects(link().refreshTokens({ accessToken }, ACCOUNT, context()), {
      failure: { kind: "reauthorize", cause: "no_refresh_token" },
    });
    assert.equal(requests.length, 0);
  }));

Deno.test("revokeTokens() is absent without an endpoint, RFC 7009 with one", () =>
  withProvider(() => new Response(null), async ({ requests, context }) => {
    assert.equal(link().revokeTokens, undefined);
    await link({ revoke: `${HOST}/revoke` }).revokeTokens?.(TOKENS, ACCOUNT, context());
    const form = new URLSearchParams(requests[0]?.body);
    assert.equal(form.get("token"), MARKED.refreshToken);
    assert.equal(form.get("client_secret"), MARKED.clientSecret);
  }));

Deno.test("fetchProfile() refuses an id that could write into an address or a header", async () => {
  for (const id of ["", " ", "a b", "a\r\nx: y", "é", "x".repeat(257)]) {
    await withProvider(() => Response.json({ id }), async ({ context }) => {
      await assert.rejects(link().fetchProfile(ACCOUNT, context()), { name: "ProviderError" });
    });
  }
});

Deno.test("conform() is not asked about an outage, whose body may be anything", () =>
  withProvider(() => new Response("<html>", { status: 503 }), async ({ context }) => {
    const asked = link({ conform: (response) => response.json() });
    await assert.rejects(asked.exchangeCodeForTokens(EXCHANGE, context()), {
      failure: { kind: "unavailable", status: 503 },
    });
  }));

Deno.test("a token answer may say who the person is; a refresh has parameters of its own", async () => {
  const polar = link({
    externalUserId: z.looseObject({ x_user_id: z.number() }).transform((body) =>
      String(body.x_user_id)
    ),
    refreshParams: { scope: "offline" },
  });
  await withProvider(
    () => Response.json({ ...GOOD, x_user_id: 7 }),
    async ({ requests, context }) => {
      const tokens = await polar.exchangeCodeForTokens(EXCHANGE, context());
      assert.equal(tokens.externalUserId, "7");
      await polar.refreshTokens(TOKENS, ACCOUNT, context());
      const forms = requests.map(({ body }) => new URLSearchParams(body).get("scope"));
      assert.deepEqual(forms, [null, "offline"]);
    },
  );
});

Deno.test("fetchProfile() enrols first, and takes the id that the tokens named where nobody else can say it", async () => {
  const known = {
    provider: { slug: "test", hosts: ["provider.example"] },
    authorize: `${HOST}/authorize`,
    token: `${HOST}/token`,
    scopes: [],
    clientAuth: "post",
    pkce: false,
    rotation: { kind: "none" },
    codeLifetimeSeconds: 60,
    enrol: { request: () => new Request(`${HOST}/users`, { method: "POST" }), done: [409] },
  } as const;
  for (
    const [status, failure] of [[200], [409], [403, { kind: "rejected", status: 403 }]] as const
  ) {
    await withProvider(() => new Response(null, { status }), async ({ requests, context }) => {
      const profile = oauth2(known).fetchProfile({ ...ACCOUNT, externalUserId: "7" }, context());
      if (failure) await assert.rejects(profile, { failure });
      else assert.deepEqual(await profile, { externalUserId: "7" });
      assert.deepEqual(requests.map(({ url }) => url.pathname), ["/users"]);
    });
  }
  await withProvider(() => new Response(null), async ({ context }) => {
    await assert.rejects(
      oauth2(known).fetchProfile({ ...ACCOUNT, externalUserId: "" }, context()),
      { name: "ProviderError" },
    );
  });
});
