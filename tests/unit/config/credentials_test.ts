import assert from "node:assert/strict";
import type { Config } from "@shared/config.ts";
import type { Configurable } from "@shared/config/credentials.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { GOOD, KEY, parse, problems } from "../../support/environment.ts";

const OAUTH: Configurable = { slug: "acme", link: { kind: "oauth2" } };
const SIGNED_BY_CLIENT: Configurable = { ...OAUTH, webhook: { signedWith: "client" } };
const SIGNED_APART: Configurable = { ...OAUTH, webhook: { signedWith: "webhook" } };
const LINKED = { ACME_CLIENT_ID: "acme-id", ACME_CLIENT_SECRET: "acme-client-secret" };

Deno.test("parseConfig() leaves a provider without credentials out, and the others alone", () => {
  const other: Configurable = { slug: "other-one", link: { kind: "widget" } };
  const config = parse(LINKED, OAUTH, other);
  assert.deepEqual([...config.providers.keys()], ["acme"]);
  assert.equal(config.providers.get("acme")?.client.secret.reveal(), "acme-client-secret");
  const both = parse(
    { ...LINKED, OTHER_ONE_CLIENT_ID: "id", OTHER_ONE_CLIENT_SECRET: "s" },
    OAUTH,
    other,
  );
  assert.deepEqual([...both.providers.keys()], ["acme", "other-one"]);
});

Deno.test("parseConfig() refuses half a provider", () => {
  assert.deepEqual(problems({ ACME_CLIENT_ID: "id" }, OAUTH), ["ACME_CLIENT_SECRET is not set"]);
  assert.deepEqual(problems({ ACME_CLIENT_SECRET: "s" }, OAUTH), ["ACME_CLIENT_ID is not set"]);
  assert.deepEqual(problems({ ACME_WEBHOOK_SECRET: "s" }, SIGNED_APART), [
    "ACME_CLIENT_ID and ACME_CLIENT_SECRET are not set, yet others are",
  ]);
});

Deno.test("parseConfig() refuses secrets that were copied badly", () => {
  for (const bad of ["", "secret\n", " secret", "whsec_", "a\u0007b"]) {
    const lines = problems({ ...LINKED, ACME_WEBHOOK_SECRET: bad }, SIGNED_APART);
    assert.match(lines.join(), /^ACME_WEBHOOK_SECRET /, JSON.stringify(bad));
  }
});

Deno.test("parseConfig() refuses one secret in two places", () => {
  const other: Configurable = { slug: "other", link: { kind: "oauth2" } };
  const same = { ...LINKED, OTHER_CLIENT_ID: "id", OTHER_CLIENT_SECRET: LINKED.ACME_CLIENT_SECRET };
  assert.deepEqual(problems(same, OAUTH, other), [
    "OTHER_CLIENT_SECRET is the same secret as ACME_CLIENT_SECRET",
  ]);
  const asKey = { ...LINKED, ACME_WEBHOOK_SECRET: KEY };
  assert.deepEqual(problems(asKey, SIGNED_APART), [
    "ACME_WEBHOOK_SECRET is the same secret as ENCRYPTION_KEYS",
  ]);
  const asInternal = { ...LINKED, ACME_CLIENT_SECRET: GOOD.INTERNAL_SECRETS };
  assert.equal(problems(asInternal, OAUTH).length, 1);
});

Deno.test("parseConfig() lets two drivers of one provider share its credentials by name", () => {
  const env = { clientId: "ACME_CLIENT_ID", clientSecret: "ACME_CLIENT_SECRET" };
  const alias: Configurable = { slug: "acme_old", env, link: { kind: "oauth2" } };
  assert.deepEqual([...parse(LINKED, OAUTH, alias).providers.keys()], ["acme", "acme_old"]);
});

Deno.test("parseConfig() signs webhooks with the secret the driver names, old one still accepted", () => {
  const byClient = parse(
    { ...LINKED, ACME_CLIENT_SECRET_PREVIOUS: "old-secret" },
    SIGNED_BY_CLIENT,
  );
  const signing = (config: Config) =>
    config.providers.get("acme")?.webhook?.signing.map((secret) => secret.reveal());
  assert.deepEqual(signing(byClient), ["acme-client-secret", "old-secret"]);
  const apart = parse(
    { ...LINKED, ACME_WEBHOOK_SECRET: "new-one", ACME_VERIFY_TOKEN: "check" },
    SIGNED_APART,
  );
  assert.deepEqual(signing(apart), ["new-one"]);
  assert.equal(apart.providers.get("acme")?.webhook?.verifyToken?.reveal(), "check");
});

Deno.test("parseConfig() links a provider whose webhook secret is missing, and says so", () => {
  const config = parse(LINKED, SIGNED_APART);
  assert.equal(config.providers.get("acme")?.webhook, undefined);
  assert.deepEqual(config.notices, [
    "ACME_WEBHOOK_SECRET is not set: webhooks of acme are refused",
  ]);
  assert.deepEqual(parse(LINKED, OAUTH).notices, []);
});

Deno.test("parseConfig() takes scopes and a region where they have a meaning", () => {
  const regional: Configurable = { ...OAUTH, regions: { us: "https://us", eu: "https://eu" } };
  const config = parse({ ...LINKED, ACME_REGION: "eu", ACME_SCOPES: "a, b c" }, regional);
  assert.equal(config.providers.get("acme")?.region, "eu");
  assert.deepEqual(config.providers.get("acme")?.scopes, ["a", "b", "c"]);
  const wrong = { ...LINKED, ACME_REGION: "toString" };
  assert.deepEqual(problems(wrong, regional), ["ACME_REGION must be one of us, eu"]);
  assert.deepEqual(problems(wrong, OAUTH), ["ACME_REGION is set, but has no meaning"]);
});

Deno.test("parseConfig() takes one of the API's bases where the provider moves", () => {
  const moving: Configurable = {
    ...OAUTH,
    apiBases: ["https://old.example", "https://new.example"],
  };
  const config = parse({ ...LINKED, ACME_API_BASE: "https://new.example" }, moving);
  assert.equal(config.providers.get("acme")?.apiBase, "https://new.example");
  const wrong = { ...LINKED, ACME_API_BASE: "https://evil.example" };
  assert.deepEqual(problems(wrong, moving), [
    "ACME_API_BASE must be one of https://old.example, https://new.example",
  ]);
  assert.deepEqual(problems(wrong, OAUTH), ["ACME_API_BASE is set, but has no meaning"]);
});

Deno.test("parseConfig() needs no credentials where there is no client of ours", () => {
  for (const kind of ["credentials", "bridge"] as const) {
    assert.ok(parse({}, { slug: "site", link: { kind } }).providers.has("site"));
  }
});

Deno.test("parseConfig() starts with every registered driver unconfigured", () => {
  assert.doesNotThrow(() => parse({}, ...PROVIDERS));
});

Deno.test("parseConfig() wants a third credential where the driver names one", () => {
  const keyed: Configurable = { ...OAUTH, env: { apiKey: "ACME_SUBSCRIPTION_KEY" } };
  const config = parse({ ...LINKED, ACME_SUBSCRIPTION_KEY: "test-key-of-acme" }, keyed);
  const client = config.providers.get("acme")?.client;
  assert.equal(client?.apiKey?.reveal(), "test-key-of-acme");
  assert.deepEqual(problems(LINKED, keyed), ["ACME_SUBSCRIPTION_KEY is not set"]);
  assert.equal(parse(LINKED, OAUTH).providers.get("acme")?.client.apiKey, undefined);
});
