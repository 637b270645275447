import assert from "node:assert/strict";
import type { Environment } from "@shared/config.ts";
import { GOOD, KEY, parse, problems } from "../support/environment.ts";

Deno.test("parseConfig() needs six settings and derives the rest", () => {
  const config = parse();
  assert.equal(config.databaseUrl.reveal(), GOOD.SUPABASE_DB_URL);
  assert.equal(config.auth.issuer, "https://project.example.com/auth/v1");
  assert.equal(
    config.auth.jwksUrl,
    "https://project.example.com/auth/v1/.well-known/jwks.json",
  );
  assert.equal(config.functionsUrl, "https://project.example.com/functions/v1");
  assert.equal(config.appUrl, "https://app.example.com");
  assert.deepEqual(config.returnToOrigins, ["https://app.example.com"]);
  assert.deepEqual(config.corsOrigins, ["https://app.example.com"]);
  assert.deepEqual(config.rateLimit, { requests: 100, windowSeconds: 900 });
  assert.equal(config.vaultKeys.masters.get("k1")?.reveal(), KEY);
  assert.equal(config.providerOrigins.size, 0);
  assert.equal(config.allowPrivilegedRole, false);
  assert.equal(config.auth.hs256Secret, undefined);
  assert.deepEqual(Object.keys(GOOD).flatMap((name) => problems({ [name]: undefined })).sort(), [
    "APP_BASE_URL is not set",
    "ENCRYPTION_ACTIVE_KEY is not set",
    "ENCRYPTION_KEYS is not set",
    "INTERNAL_SECRETS is not set",
    "RAPHAEL_DATABASE_URL is not set",
    "SUPABASE_URL is not set",
  ]);
});

Deno.test("parseConfig() names every fault at once, and shows no value", () => {
  const wrong = {
    SUPABASE_URL: "not-a-url-MARKER",
    RAPHAEL_DATABASE_URL: "mysql://MARKER@db/x",
    AUTH_ALLOW_HS256: "MARKER",
    RETURN_TO_ORIGINS: "https://app.example.com/MARKER",
    RATE_LIMIT_REQUESTS: "MARKER",
    ENCRYPTION_KEYS: "k1:MARKER",
    INTERNAL_SECRETS: "MARKER",
    PROVIDER_ORIGINS: "MARKER",
    LOG_LEVEL: "MARKER",
    ACME_CLIENT_SECRET: "MARKER\n",
  };
  const lines = problems(wrong, { slug: "acme", link: { kind: "oauth2" } });
  for (const name of Object.keys(wrong)) {
    assert.ok(lines.some((line) => line.startsWith(`${name} `)), `${name} in ${lines.join("; ")}`);
  }
  assert.ok(!lines.join().includes("MARKER"));
});

Deno.test("parseConfig() prefers the names of ours and falls back to the older ones", () => {
  const ours = "postgres://raphael_app:test@127.0.0.1:5432/postgres";
  assert.equal(parse({ RAPHAEL_DATABASE_URL: ours }).databaseUrl.reveal(), ours);
  const older = { APP_BASE_URL: undefined, APP_URL: "https://old.example.com" };
  assert.equal(parse(older).appUrl, "https://old.example.com");
  const both = { APP_URL: "https://old.example.com" };
  assert.equal(parse(both).appUrl, "https://app.example.com");
});

Deno.test("parseConfig() takes http for public addresses on loopback alone", () => {
  for (
    const url of ["http://127.0.0.1:54321/functions/v1", "http://[::1]:1", "http://localhost:3000"]
  ) {
    assert.deepEqual(problems({ FUNCTIONS_URL: url, APP_BASE_URL: url }), [], url);
  }
  const refused = [
    "http://app.example.com",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "https://user:pass@app.example.com",
    "https://app.example.com/?a=b",
    "https://app.example.com/#a",
    "javascript:alert(1)",
    "",
  ];
  for (const url of refused) assert.equal(problems({ FUNCTIONS_URL: url }).length > 0, true, url);
  // The platform's own address may be one that only the functions can reach, but then people need another.
  const inner = { SUPABASE_URL: "http://kong:8000" };
  assert.match(problems(inner).join(), /^FUNCTIONS_URL is not set, and SUPABASE_URL/);
  assert.deepEqual(problems({ ...inner, FUNCTIONS_URL: "https://fn.example.com" }), []);
});

Deno.test("parseConfig() takes exact origins only", () => {
  const two = parse({ CORS_ORIGINS: "https://a.example.com, http://localhost:3000" });
  assert.deepEqual(two.corsOrigins, ["https://a.example.com", "http://localhost:3000"]);
  assert.deepEqual(two.returnToOrigins, ["https://app.example.com"]);
  for (
    const bad of [
      "*",
      "https://a.example.com/",
      "https://*.example.com/x",
      "HTTPS://A.example.com",
      "a.example.com",
    ]
  ) {
    assert.equal(problems({ CORS_ORIGINS: bad }).length, 1, bad);
    assert.equal(problems({ RETURN_TO_ORIGINS: bad }).length, 1, bad);
  }
});

Deno.test("parseConfig() reads the platform's keys as a set or a bare array", () => {
  const keys = [{ kty: "EC", crv: "P-256", x: "test", y: "test", kid: "a" }];
  assert.deepEqual(parse({ SUPABASE_JWKS: JSON.stringify({ keys }) }).auth.jwks, { keys });
  assert.deepEqual(parse({ SUPABASE_JWKS: JSON.stringify(keys) }).auth.jwks, { keys });
  for (const absent of [undefined, "", "null"]) {
    assert.equal(parse({ SUPABASE_JWKS: absent }).auth.jwks, undefined);
  }
  for (const bad of ["{", "1", '{"keys":1}', '[{"kid":"a"}]']) {
    assert.deepEqual(problems({ SUPABASE_JWKS: bad }), [
      "SUPABASE_JWKS must be a JSON Web Key Set",
    ]);
  }
});

Deno.test("parseConfig() takes the legacy secret only together with its switch", () => {
  const secret = "test-hs256-secret-0123456789abcdefgh";
  const on = parse({ AUTH_ALLOW_HS256: "true", AUTH_HS256_SECRET: secret });
  assert.equal(on.auth.hs256Secret?.reveal(), secret);
  assert.match(problems({ AUTH_HS256_SECRET: secret }).join(), /AUTH_ALLOW_HS256 is not true/);
  assert.match(problems({ AUTH_ALLOW_HS256: "true" }).join(), /AUTH_HS256_SECRET is not set/);
  const short = { AUTH_ALLOW_HS256: "true", AUTH_HS256_SECRET: "undefined" };
  assert.match(problems(short).join(), /at least 32 characters/);
});

Deno.test("parseConfig() refuses unfit encryption keys", () => {
  const cases: readonly (readonly [Environment, RegExp])[] = [
    [{ ENCRYPTION_KEYS: "{}" }, /without a key id/],
    [{ ENCRYPTION_KEYS: "" }, /is empty/],
    [{ ENCRYPTION_KEYS: `k1:${btoa("0123456789abcdef")}` }, /key k1 has 16 bytes, not 32/],
    [{ ENCRYPTION_KEYS: `k1:${btoa("\0".repeat(32))}` }, /key k1 is not random/],
    [{ ENCRYPTION_KEYS: `k1:${KEY},k2:${KEY}` }, /key k2 has the bytes of another/],
    [{ ENCRYPTION_ACTIVE_KEY: "k2" }, /ENCRYPTION_ACTIVE_KEY is not among ENCRYPTION_KEYS/],
  ];
  for (const [change, expected] of cases) assert.match(problems(change).join("; "), expected);
});

Deno.test("parseConfig() takes one internal secret, or two while one is replaced", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => `test-${name}-0123456789abcdef0123456789`);
  assert.equal(parse({ INTERNAL_SECRETS: `${a},${b}` }).internalSecrets.length, 2);
  for (const bad of [`${a},${b},${c}`, "short", ",", "", `${a},short`]) {
    assert.equal(problems({ INTERNAL_SECRETS: bad }).length, 1, bad);
  }
});

Deno.test("parseConfig() maps provider origins, over http on loopback alone", () => {
  const pairs = "https://api.acme.com=http://127.0.0.1:54330/acme/,https://b.com=https://c.com";
  assert.deepEqual([...parse({ PROVIDER_ORIGINS: pairs }).providerOrigins], [
    ["https://api.acme.com", "http://127.0.0.1:54330/acme"],
    ["https://b.com", "https://c.com"],
  ]);
  for (
    const bad of [
      "https://api.acme.com=http://evil.example.com",
      "https://api.acme.com/path=http://127.0.0.1:1",
      "https://api.acme.com",
      "a=b=c",
    ]
  ) assert.equal(problems({ PROVIDER_ORIGINS: bad }).length, 1, bad);
});

Deno.test("Config shows no secret when it is printed", () => {
  const id = "acme-id";
  const secret = "acme-client-secret";
  const config = parse(
    { ACME_CLIENT_ID: id, ACME_CLIENT_SECRET: secret },
    { slug: "acme", link: { kind: "oauth2" }, webhook: { signedWith: "client" } },
  );
  const shown = Deno.inspect(config, { depth: 9 }) + JSON.stringify(config);
  assert.ok(shown.includes(id));
  for (const hidden of [GOOD.SUPABASE_DB_URL, GOOD.INTERNAL_SECRETS, secret, KEY]) {
    assert.ok(!shown.includes(hidden));
  }
  assert.ok(!/Uint8Array/.test(shown));
});
