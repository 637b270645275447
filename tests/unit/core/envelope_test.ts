import assert from "node:assert/strict";
import { type Bytes, concat, fromHex, toBase64, toHex } from "@shared/core/bytes.ts";
import { createVault, type SealContext } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";
import { readSharedJson } from "../../support/shared_data.ts";

interface EnvelopeCase {
  readonly name?: string;
  readonly ctx: Readonly<Record<string, string | number>>;
  readonly envelope: string;
  readonly plaintext?: string;
}
interface EnvelopeVectors {
  readonly masters: Readonly<Record<string, string>>;
  readonly positive: readonly EnvelopeCase[];
  readonly negative: readonly EnvelopeCase[];
}
interface GcmCase {
  readonly name?: string;
  readonly tcId?: number;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly pt?: string;
  readonly msg?: string;
  readonly ct: string;
  readonly tag: string;
  readonly result?: string;
}

const vectors = readSharedJson<EnvelopeVectors>("vectors/token_envelope_v1.json");
const gcm = readSharedJson<
  { readonly official: readonly GcmCase[]; readonly wycheproof_256_96_128: readonly GcmCase[] }
>("vectors/aes_256_gcm.json");

// Marked test keys: the bytes 7 and 9, thirty-two times.
const K1 = new Uint8Array(32).fill(7);
const K2 = new Uint8Array(32).fill(9);
const SAME_ERROR = { message: "Cannot open sealed value: wrong key, wrong place or damaged" };

const context: SealContext = {
  table: "provider_tokens",
  column: "refresh_token",
  connectionId: "aaaaaaaa-0000-4000-8000-000000000001",
  userId: "8c1d3c1e-5b0a-4b43-9a0e-0d5f3a1b2c3d",
  provider: "oura",
  tokenVersion: 3,
};

function vault(active: string, masters: Readonly<Record<string, Bytes>>) {
  const hidden = Object.entries(masters).map(([kid, key]) =>
    [kid, new Secret(toBase64(key))] as const
  );
  return createVault({ active, masters: new Map(hidden) });
}

function contextOf(ctx: EnvelopeCase["ctx"]): SealContext {
  return {
    table: String(ctx["table"]),
    column: String(ctx["column"]),
    connectionId: String(ctx["connection_id"]),
    userId: String(ctx["user_id"]),
    provider: String(ctx["provider"]),
    tokenVersion: Number(ctx["token_version"]),
  };
}

Deno.test("Vault.open() opens what seal() sealed, in the same place", async () => {
  const v = vault("k1", { k1: K1 });
  const sealed = await v.seal(context, new Secret("rt-Ω-秘密"));
  assert.match(sealed, /^v1\.k1\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+$/);
  assert.equal((await v.open(context, sealed)).reveal(), "rt-Ω-秘密");
});

Deno.test("Vault.open() knows each field of the place", async () => {
  const v = vault("k1", { k1: K1 });
  const sealed = await v.seal(context, new Secret("token"));
  const moved: readonly SealContext[] = [
    { ...context, table: "oauth_states" },
    { ...context, column: "access_token" },
    { ...context, connectionId: context.connectionId.replace(/1$/, "2") },
    { ...context, userId: context.userId.replace(/d$/, "e") },
    { ...context, provider: "whoop" },
    { ...context, tokenVersion: 4 },
    // Shifted between neighbours: what the length prefixes are for.
    { ...context, table: "provider_token", column: "srefresh_token" },
  ];
  for (const place of moved) await assert.rejects(v.open(place, sealed), SAME_ERROR);
});

Deno.test("Vault.seal() uses a fresh IV and gives a fresh text each time", async () => {
  const v = vault("k1", { k1: K1 });
  const sealed = await Promise.all(
    Array.from({ length: 2_000 }, () => v.seal(context, new Secret("same"))),
  );
  assert.equal(new Set(sealed.map((text) => text.split(".")[2])).size, 2_000);
  assert.equal(new Set(sealed.map((text) => text.split(".")[3])).size, 2_000);
});

Deno.test("Vault rotates: new seals take the active key, old ones open while their key stays", async () => {
  const old = await vault("k1", { k1: K1 }).seal(context, new Secret("token"));
  const both = vault("k2", { k1: K1, k2: K2 });
  assert.equal((await both.open(context, old)).reveal(), "token");
  assert.match(await both.seal(context, new Secret("token")), /^v1\.k2\./);
  const without = vault("k2", { k2: K2 });
  await assert.rejects(without.open(context, old), SAME_ERROR);
  assert.equal(without.missingKey(old), "k1", "an operator's mistake, and not damage");
  assert.equal(both.missingKey(old), undefined);
});

Deno.test("Vault.open() answers everything that is wrong in the same words", async () => {
  const v = vault("k1", { k1: K1, k2: K2 });
  const sealed = await v.seal(context, new Secret("token"));
  const [version, kid, iv = "", body = ""] = sealed.split(".");
  const flip = (text: string) => (text.startsWith("A") ? "B" : "A") + text.slice(1);
  const wrong = [
    "ya29.plaintext",
    "",
    sealed.replace("v1", "v0"),
    `${version}.k2.${iv}.${body}`,
    `${version}.k3.${iv}.${body}`,
    `${version}.${kid}.${flip(iv)}.${body}`,
    `${version}.${kid}.${iv}.${flip(body)}`,
    `${version}.${kid}.${iv}.${body.slice(0, -6)}`,
    `${version}.${kid}.${iv}.`,
    `${sealed}=`,
    `${sealed}\n`,
    `${sealed}.x`,
  ];
  for (const text of wrong) await assert.rejects(v.open(context, text), SAME_ERROR, text);
  assert.equal(v.missingKey("ya29.plaintext"), undefined);
});

Deno.test("createVault() refuses an active key outside the set", () => {
  assert.throws(() => vault("k9", { k1: K1 }), /active key is not in the set/);
});

Deno.test({
  name: "Vault.open() opens the reference envelopes",
  ignore: !vectors,
  async fn() {
    for (const c of vectors?.positive ?? []) {
      const v = vault(String(c.ctx["kid"]), mastersOf());
      assert.equal((await v.open(contextOf(c.ctx), c.envelope)).reveal(), c.plaintext);
    }
  },
});

Deno.test({
  name: "Vault.open() refuses every reference forgery",
  ignore: !vectors,
  async fn() {
    for (const c of vectors?.negative ?? []) {
      const kid = String(c.ctx["kid"]);
      // The two cases about keys say so by name: a foreign key under the id, or only the id asked for.
      const masters = c.name?.startsWith("wrong master")
        ? { [kid]: K2 }
        : c.name === "unknown kid"
        ? { [kid]: mastersOf()[kid] ?? K2 }
        : mastersOf();
      const opening = vault(kid, masters).open(contextOf(c.ctx), c.envelope);
      await assert.rejects(opening, SAME_ERROR, c.name);
    }
  },
});

function mastersOf(): Record<string, Bytes> {
  return Object.fromEntries(
    Object.entries(vectors?.masters ?? {}).map(([kid, hex]) => [kid, fromHex(hex)]),
  );
}

Deno.test({
  name: "AES-256-GCM of this runtime gives every known answer",
  ignore: !gcm,
  async fn() {
    for (const c of [...gcm?.official ?? [], ...gcm?.wycheproof_256_96_128 ?? []]) {
      const key = await crypto.subtle.importKey("raw", fromHex(c.key), "AES-GCM", false, [
        "encrypt",
        "decrypt",
      ]);
      const params = { name: "AES-GCM", iv: fromHex(c.iv), additionalData: fromHex(c.aad) };
      const sealed = concat(fromHex(c.ct), fromHex(c.tag));
      const opening = crypto.subtle.decrypt(params, key, sealed);
      if (c.result === "invalid") {
        await assert.rejects(opening, Error, `tcId ${c.tcId}`);
        continue;
      }
      const plaintext = new Uint8Array(await opening);
      assert.equal(toHex(plaintext), c.pt ?? c.msg, c.name ?? `tcId ${c.tcId}`);
      const again = new Uint8Array(await crypto.subtle.encrypt(params, key, plaintext));
      assert.equal(toHex(again), toHex(sealed));
    }
  },
});
