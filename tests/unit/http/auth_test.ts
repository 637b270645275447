import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { fromBase64 } from "@shared/core/bytes.ts";
import { ProblemError } from "@shared/core/problems.ts";
import { createAuthenticator } from "@shared/http/auth.ts";
import { readSharedJson } from "../../support/shared_data.ts";

interface Corpus {
  readonly now: number;
  readonly expected_iss: string;
  readonly keys: {
    readonly jwks: { readonly keys: JWK[] };
    readonly legacy_hs256_secret_b64: string;
  };
  readonly header_cases: readonly {
    readonly authorization: string | null;
    readonly expect: unknown;
  }[];
  readonly tokens: readonly {
    readonly id: string;
    readonly name: string;
    readonly token: string;
    readonly expect: string;
  }[];
}

const ISSUER = "https://project.supabase.test/auth/v1";
const NOW = new Date("2026-01-01T00:00:00Z");
const SECONDS = NOW.getTime() / 1_000;
const PERSON = "8c1d3c1e-5b0a-4b43-9a0e-0d5f3a1b2c3d";

const corpus = readSharedJson<Corpus>("vectors/jwt_supabase_corpus.json");
const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg: "ES256", use: "sig" }] };
const authenticate = createAuthenticator({ issuer: ISSUER, jwks, now: () => NOW });

function token(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) {
  const all = {
    iss: ISSUER,
    aud: "authenticated",
    sub: PERSON,
    role: "authenticated",
    iat: SECONDS - 60,
    exp: SECONDS + 3_600,
    ...claims,
  };
  return new SignJWT(all).setProtectedHeader({ alg: "ES256", kid: "one", ...header })
    .sign(privateKey);
}

function request(authorization: string | null, url = "https://x.test/"): Request {
  return new Request(url, { headers: authorization === null ? {} : { authorization } });
}

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "accept";
  } catch (error) {
    assert.ok(error instanceof ProblemError);
    return error.problem;
  }
}

Deno.test("createAuthenticator() gives the person behind a good token", async () => {
  const session = await authenticate(
    request(
      `Bearer ${await token({ sub: PERSON.toUpperCase(), user_metadata: { role: "admin" } })}`,
    ),
  );
  assert.equal(session.userId, PERSON);
  assert.equal(session.anonymous, false);
  assert.equal(session.claims.role, "authenticated");
  assert.ok(!("user_metadata" in session.claims), "what the person can write goes no further");
});

Deno.test("createAuthenticator() tells missing, expired and bad tokens apart, and nothing more", async () => {
  const judge = async (claims: Record<string, unknown>, header = {}) =>
    await outcome(authenticate(request(`Bearer ${await token(claims, header)}`)));
  assert.equal(await outcome(authenticate(request(null))), "session_missing");
  assert.equal(await judge({ exp: SECONDS - 31 }), "session_expired");
  assert.equal(await judge({ exp: SECONDS - 29 }), "accept");
  for (
    const claims of [
      { exp: undefined },
      { iat: undefined },
      { exp: String(SECONDS + 60) },
      { exp: SECONDS + 8 * 86_400 },
      { nbf: SECONDS + 31 },
      { iat: SECONDS + 31 },
      { iss: `${ISSUER}/` },
      { aud: "anon" },
      { role: "service_role" },
      { role: "anon" },
      { sub: "someone" },
      { sub: "00000000-0000-0000-0000-000000000000" },
      { is_anonymous: "no" },
      { exp: SECONDS - 31, role: "anon" },
    ]
  ) assert.equal(await judge(claims), "session_invalid", JSON.stringify(claims));
  for (
    const header of [{ kid: undefined }, { kid: "two" }, { typ: "logout+jwt" }, {
      crit: ["b64"],
      b64: true,
    }]
  ) {
    assert.equal(await judge({}, header), "session_invalid", JSON.stringify(header));
  }
  assert.equal(await judge({ nbf: SECONDS + 29, iat: SECONDS + 29 }), "accept");
});

Deno.test("createAuthenticator() marks a person without an account", async () => {
  const session = await authenticate(request(`Bearer ${await token({ is_anonymous: true })}`));
  assert.equal(session.anonymous, true);
});

Deno.test("createAuthenticator() reads no identity from apikey or the query", async () => {
  const good = await token();
  const url = `https://x.test/?access_token=${good}&apikey=${good}`;
  const bare = new Request(url, { headers: { apikey: good } });
  assert.equal(await outcome(authenticate(bare)), "session_missing");
});

Deno.test("createAuthenticator() takes HS256 only with its own key, and no short one", async () => {
  const secret = new Uint8Array(32).fill(7);
  const legacy = await new SignJWT({
    iss: ISSUER,
    aud: "authenticated",
    sub: PERSON,
    role: "authenticated",
    iat: SECONDS,
    exp: SECONDS + 60,
  }).setProtectedHeader({ alg: "HS256" }).sign(secret);
  const withSecret = createAuthenticator({
    issuer: ISSUER,
    jwks,
    hs256Secret: secret,
    now: () => NOW,
  });
  assert.equal(await outcome(withSecret(request(`Bearer ${legacy}`))), "accept");
  assert.equal(await outcome(authenticate(request(`Bearer ${legacy}`))), "session_invalid");
  assert.throws(() =>
    createAuthenticator({ issuer: ISSUER, jwks, hs256Secret: new Uint8Array(31) })
  );
});

/** What the corpus expects, in our words; `rejected` is any 401. */
async function corpusVerdict(authorization: string | null, legacy: boolean): Promise<string> {
  assert.ok(corpus);
  const check = createAuthenticator({
    issuer: corpus.expected_iss,
    jwks: corpus.keys.jwks,
    now: () => new Date(corpus.now * 1_000),
    ...(legacy ? { hs256Secret: fromBase64(corpus.keys.legacy_hs256_secret_b64) } : {}),
  });
  let incoming: Request;
  try {
    incoming = request(authorization);
  } catch {
    return "rejected"; // no HTTP client can send such a header
  }
  try {
    const session = await check(incoming);
    return session.anonymous ? "anonymous" : session.userId;
  } catch (error) {
    assert.ok(error instanceof ProblemError && error.status === 401);
    return "rejected";
  }
}

Deno.test({
  name: "createAuthenticator() judges all 62 tokens of the corpus as listed",
  ignore: !corpus,
  fn: async (t) => {
    assert.ok(corpus);
    assert.equal(corpus.tokens.length, 62);
    const originalFetch = globalThis.fetch;
    let fetched = 0;
    globalThis.fetch = () => {
      fetched++;
      return Promise.reject(new Error("no token may cause a call"));
    };
    try {
      for (const { id, name, token, expect } of corpus.tokens) {
        await t.step(`${id} ${name}`, async () => {
          const [plain, legacy] = [
            await corpusVerdict(`Bearer ${token}`, false),
            await corpusVerdict(`Bearer ${token}`, true),
          ];
          const expected: Record<string, readonly [string, string]> = {
            accept: [PERSON, PERSON],
            accept_normalised: [PERSON, PERSON],
            accept_without_privilege: [PERSON, PERSON],
            accept_last_or_reject: ["rejected", "rejected"],
            accept_if_legacy_enabled: ["rejected", PERSON],
            reject_on_connect_and_export: ["anonymous", "anonymous"],
            reject: ["rejected", "rejected"],
          };
          assert.deepEqual([plain, legacy], expected[expect]);
        });
      }
    } finally {
      globalThis.fetch = originalFetch;
    }
    assert.equal(fetched, 0);
  },
});

Deno.test({
  name: "createAuthenticator() reads the Authorization header as the corpus lists",
  ignore: !corpus,
  fn: async () => {
    assert.ok(corpus);
    const [valid = "", other = ""] = corpus.tokens.map(({ token }) => token);
    for (const { authorization, expect } of corpus.header_cases) {
      if (authorization?.includes("?access_token=")) continue; // has its own test above
      const header = authorization?.replaceAll("<valid>", valid).replaceAll("<other>", other) ??
        null;
      const accepted = await corpusVerdict(header, false) !== "rejected";
      assert.equal(accepted, String(expect).startsWith("200"), String(authorization));
    }
  },
});
