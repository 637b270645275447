import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { exportJWK, generateKeyPair } from "jose";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { createAuth, ensureUser } from "../../dev/auth.ts";
import { startGateway } from "../../dev/gateway.ts";
import { freePort } from "../../dev/ports.ts";
import { createTokens } from "../../dev/tokens.ts";
import { withDatabase } from "../support/database.ts";

const EMAIL = "person@example.test";
const PASSWORD = "test-only-password-of-a-person";

interface Context {
  readonly url: string;
  readonly anonKey: string;
  readonly database: Database;
}

async function withAuth(use: (context: Context) => Promise<void>): Promise<void> {
  await withDatabase(async ({ url: databaseUrl }) => {
    const database = connect({ url: new Secret(databaseUrl), max: 2, prepare: false });
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = { ...await exportJWK(privateKey), kid: "k1", alg: "ES256", use: "sig" };
    const tokens = await createTokens(jwk, `${url}/auth/v1`);
    const auth = createAuth({ database, tokens });
    const gateway = startGateway({
      port,
      functionUrl: () => undefined,
      auth: (request) => auth.fetch(request),
    });
    try {
      await ensureUser(database, EMAIL, PASSWORD);
      await use({ url, anonKey: tokens.anonKey, database });
    } finally {
      await gateway.stop();
      await database.close();
    }
  });
}

const client = ({ url, anonKey }: Context) =>
  createClient(url, anonKey, { auth: { autoRefreshToken: false, persistSession: false } });

Deno.test("createAuth() signs an unmodified supabase-js client in, and out", async () => {
  await withAuth(async (context) => {
    const supabase = client(context);
    const { data, error } = await supabase.auth.signInWithPassword({
      email: EMAIL,
      password: PASSWORD,
    });
    assert.equal(error, null);
    assert.equal(data.user?.email, EMAIL);

    const { data: { user } } = await supabase.auth.getUser();
    assert.equal(user?.id, data.user?.id);
    const { data: verified } = await supabase.auth.getClaims();
    assert.equal(verified?.claims.sub, data.user?.id);
    assert.equal(verified?.header.alg, "ES256");
    assert.deepEqual(verified?.claims.amr?.map((one) => typeof one === "object" && one.method), [
      "password",
    ]);

    const token = data.session?.access_token ?? "";
    assert.equal((await supabase.auth.signOut()).error, null);
    const after = await supabase.auth.getUser(token);
    assert.equal(after.error?.status, 403);
  });
});

Deno.test("createAuth() refuses a wrong password and a stranger alike", async () => {
  await withAuth(async (context) => {
    for (const email of [EMAIL, "nobody@example.test"]) {
      const { error } = await client(context).auth.signInWithPassword({ email, password: "wrong" });
      assert.equal(error?.code, "invalid_credentials");
      assert.equal(error?.status, 400);
    }
  });
});

Deno.test("createAuth() rotates refresh tokens, and ends a session whose old one comes again", async () => {
  await withAuth(async (context) => {
    const supabase = client(context);
    const { data: first } = await supabase.auth.signInWithPassword({
      email: EMAIL,
      password: PASSWORD,
    });
    const refresh_token = first.session?.refresh_token ?? "";
    const { data: second } = await supabase.auth.refreshSession({ refresh_token });
    assert.ok(second.session && second.session.refresh_token !== refresh_token);

    // A lost answer, asked for again at once, is forgiven.
    assert.equal((await supabase.auth.refreshSession({ refresh_token })).error, null);
    await context.database.query((sql) =>
      sql`update auth.refresh_tokens set updated_at = now() - interval '1 minute' where revoked`
    );
    const stolen = await supabase.auth.refreshSession({ refresh_token });
    assert.equal(stolen.error?.code, "refresh_token_already_used");
    const newest = await supabase.auth.refreshSession({
      refresh_token: second.session.refresh_token,
    });
    assert.equal(newest.error?.code, "refresh_token_not_found");
  });
});

Deno.test("createAuth() wants the project's key, and shows the public keys without it", async () => {
  await withAuth(async ({ url }) => {
    const keys = await fetch(`${url}/auth/v1/.well-known/jwks.json`);
    assert.equal((await keys.json()).keys.length, 1);
    const user = await fetch(`${url}/auth/v1/user`);
    assert.equal(user.status, 401);
    await user.body?.cancel();
  });
});

Deno.test("createAuth() answers a page's preflight", async () => {
  await withAuth(async ({ url }) => {
    const response = await fetch(`${url}/auth/v1/token?grant_type=password`, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.test",
        "access-control-request-method": "POST",
        "access-control-request-headers": "apikey,x-client-info",
      },
    });
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.match(response.headers.get("access-control-allow-headers") ?? "", /apikey/);
    await response.body?.cancel();
  });
});

Deno.test("ensureUser() keeps the person and gives the password that was asked for", async () => {
  await withAuth(async (context) => {
    const before = await ensureUser(context.database, EMAIL, PASSWORD);
    assert.equal(await ensureUser(context.database, EMAIL, "another-test-password"), before);
    const { error } = await client(context).auth.signInWithPassword({
      email: EMAIL,
      password: "another-test-password",
    });
    assert.equal(error, null);
  });
});
