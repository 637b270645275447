import assert from "node:assert/strict";
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from "jose";
import { createAuthenticator } from "@shared/http/auth.ts";
import { createTokens } from "../../../dev/tokens.ts";

const ISSUER = "http://127.0.0.1:54321/auth/v1";
const PERSON = "6b0f2d4e-8a57-4a0c-9a3b-2f9f4b1c7d10";

async function tokens(issuer = ISSUER) {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...await exportJWK(privateKey), kid: "k1", alg: "ES256", use: "sig" };
  return { jwk, tokens: await createTokens(jwk, issuer) };
}

const CLAIMS = { sub: PERSON, email: "p@example.test", session_id: PERSON, signedInAt: 5 };

Deno.test("createTokens() signs sessions that the functions accept, with Supabase's claims", async () => {
  const { tokens: { session, jwks } } = await tokens();
  const { token } = await session(CLAIMS);
  const authenticate = createAuthenticator({ issuer: ISSUER, jwks: { keys: [...jwks.keys] } });
  const headers = { authorization: `Bearer ${token}` };
  const { userId, anonymous } = await authenticate(new Request("http://x", { headers }));
  assert.deepEqual({ userId, anonymous }, { userId: PERSON, anonymous: false });

  const { exp = 0, iat = 0, ...claims } = decodeJwt(token);
  assert.equal(exp - iat, 3_600);
  assert.deepEqual(claims["amr"], [{ method: "password", timestamp: 5 }]);
  assert.equal(claims["aal"], "aal1");
  assert.equal(claims["session_id"], PERSON);
  assert.equal(decodeProtectedHeader(token).kid, "k1");
});

Deno.test("createTokens() never shows the private half of its key", async () => {
  const { tokens: { jwks } } = await tokens();
  assert.ok(jwks.keys.every((key) => !("d" in key) && key.kty === "EC"));
});

Deno.test("read() takes live sessions of its own and nothing else", async () => {
  const { jwk, tokens: mine } = await tokens();
  const { tokens: stranger } = await tokens();
  const elsewhere = await createTokens(jwk, "http://127.0.0.1:1/auth/v1");
  assert.deepEqual(await mine.read((await mine.session(CLAIMS)).token), {
    sub: PERSON,
    sessionId: PERSON,
  });
  assert.equal(await mine.read((await stranger.session(CLAIMS)).token), undefined);
  assert.equal(await mine.read((await elsewhere.session(CLAIMS)).token), undefined);
  assert.equal(await mine.read(mine.anonKey), undefined);
  assert.equal(await mine.read("nonsense"), undefined);
});

Deno.test("isProjectKey() tells the project's key from a session and from another's", async () => {
  const { tokens: mine } = await tokens();
  const { tokens: stranger } = await tokens();
  assert.ok(await mine.isProjectKey(mine.anonKey));
  assert.ok(!await mine.isProjectKey(stranger.anonKey));
  assert.ok(!await mine.isProjectKey((await mine.session(CLAIMS)).token));
});
