import assert from "node:assert/strict";
import { hkdfSync } from "node:crypto";
import {
  concat,
  fromBase64Url,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  utf8,
} from "@shared/core/bytes.ts";
import { createVault, type SealContext } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";

// RFC 5869 appendix A, cases 1 and 3 (SHA-256).
const RFC_5869 = [
  {
    ikm: "0b".repeat(22),
    salt: "000102030405060708090a0b0c",
    info: "f0f1f2f3f4f5f6f7f8f9",
    okm: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  },
  {
    ikm: "0b".repeat(22),
    salt: "",
    info: "",
    okm: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  },
];

Deno.test("HKDF-SHA-256 of this runtime gives the known answers of RFC 5869", async () => {
  for (const { ikm, salt, info, okm } of RFC_5869) {
    const key = await crypto.subtle.importKey("raw", fromHex(ikm), "HKDF", false, ["deriveBits"]);
    const params = { name: "HKDF", hash: "SHA-256", salt: fromHex(salt), info: fromHex(info) };
    assert.equal(toHex(new Uint8Array(await crypto.subtle.deriveBits(params, key, 42 * 8))), okm);
  }
});

// Marked test key: the byte 7, thirty-two times.
const MASTER = new Uint8Array(32).fill(7);

/** The same by hand, with the key of row `connectionId` from another HKDF. */
async function openWithKeyOf(
  connectionId: string,
  context: SealContext,
  envelope: string,
): Promise<string> {
  const [, kid = "", iv = "", body = ""] = envelope.split(".");
  const rowKey = hkdfSync("sha256", MASTER, utf8(connectionId), utf8(`hc-dek-v1|${kid}`), 32);
  const key = await crypto.subtle.importKey("raw", rowKey, "AES-GCM", false, ["decrypt"]);
  const fields = ["hc-tok-v1", kid, ...Object.values(context).map(String)].map(utf8);
  const additionalData = concat(
    ...fields.flatMap((field) => [Uint8Array.of(0, field.length), field]),
  );
  const params = { name: "AES-GCM", iv: fromBase64Url(iv), additionalData };
  return fromUtf8(new Uint8Array(await crypto.subtle.decrypt(params, key, fromBase64Url(body))));
}

Deno.test("Vault.seal() uses a key of each row's own", async () => {
  const masters = new Map([["k1", new Secret(toBase64(MASTER))]]);
  const vault = createVault({ active: "k1", masters });
  const context: SealContext = {
    table: "account_tokens",
    column: "refresh_token",
    connectionId: "row-1",
    userId: "user",
    provider: "oura",
    tokenVersion: 1,
  };
  const envelope = await vault.seal(context, new Secret("token"));
  assert.equal(await openWithKeyOf("row-1", context, envelope), "token");
  await assert.rejects(openWithKeyOf("row-2", context, envelope), { name: "OperationError" });
});
