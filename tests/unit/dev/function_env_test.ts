import assert from "node:assert/strict";
import { parseConfig } from "@shared/config.ts";
import { functionEnv } from "../../../dev/function_env.ts";

const secret = (name: string) => name.padEnd(43, "-test-only");

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
      cloud: {
        whoop: {
          secret: secret("whoop"),
          webhookSecret: secret("whoop-hook"),
          verifyToken: secret("whoop-verify"),
          apiKey: secret("whoop-api"),
        },
      },
    },
  });
  const config = parseConfig(env, []);
  assert.equal(config.functionsUrl, "http://127.0.0.1:54321/functions/v1");
  assert.equal(
    config.providerOrigins.get("https://api.ouraring.com"),
    "http://127.0.0.1:54330/oura",
  );
  assert.ok(!config.allowPrivilegedRole);
  assert.ok(config.returnToOrigins.includes(new URL(config.appUrl).origin));
});
