import assert from "node:assert/strict";
import { parseConfig } from "@shared/config.ts";
import { functionEnv } from "../../../dev/function_env.ts";

const secret = (name: string) => name.padEnd(43, "-test-only");
const cloud = (name: string) => ({
  secret: secret(name),
  webhookSecret: secret(`${name}-hook`),
  verifyToken: secret(`${name}-verify`),
  apiKey: secret(`${name}-api`),
});

Deno.test("functionEnv() is an environment that the functions start with", () => {
  const env = functionEnv({
    gatewayUrl: "http://127.0.0.1:54321",
    databaseUrl: "postgres://raphael_app:x@127.0.0.1:54322/postgres",
    jwks: { keys: [] },
    origins: { "https://api.ouraring.com": "http://127.0.0.1:54330/oura" },
    keys: {
      signing: {},
      encryption: btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i))),
      internalSecret: secret("internal"),
      appPassword: "",
      demoPassword: "",
      otherPassword: "",
      oura: { secret: secret("oura"), verifyToken: secret("verify") },
      terra: { apiKey: secret("terra"), webhookSecret: secret("hook") },
      dexcom: { secret: secret("dexcom") },
      cloud: { spike: cloud("spike"), suunto: cloud("suunto"), gone: cloud("gone") },
    },
  });
  const config = parseConfig(env, []);
  assert.equal(config.functionsUrl, "http://127.0.0.1:54321/functions/v1");
  assert.equal(
    config.providerOrigins.get("https://api.ouraring.com"),
    "http://127.0.0.1:54330/oura",
  );
  assert.ok(!config.allowPrivilegedRole);
  // As their drivers name them.
  assert.equal(env["SPIKE_APPLICATION_ID"], "1000");
  assert.equal(env["SPIKE_HMAC_KEY"], secret("spike"));
  assert.equal(env["SPIKE_WEBHOOK_SECRET"], secret("spike-hook"));
  assert.equal(env["SUUNTO_CLIENT_ID"], "raphael-local-suunto");
  assert.equal(env["SUUNTO_SUBSCRIPTION_KEY"], secret("suunto-api"));
  assert.ok(!Object.keys(env).some((name) => name.startsWith("GONE_")));
  assert.ok(config.returnToOrigins.includes(new URL(config.appUrl).origin));
});
