import assert from "node:assert/strict";
import { fromHex, toHex, utf8 } from "@shared/core/bytes.ts";
import {
  constantTimeEqual,
  hmac,
  pkceChallenge,
  randomToken,
  sha256Hex,
} from "@shared/core/crypto.ts";
import { readSharedJson } from "../../support/shared_data.ts";

interface HmacCase {
  readonly tc?: number;
  readonly tcId?: number;
  readonly key: string;
  readonly data?: string;
  readonly msg?: string;
  readonly mac?: string;
  readonly tag?: string;
  readonly result?: "valid" | "invalid";
}
type HmacVectors = Readonly<
  Record<
    | "rfc4231_hmac_sha256"
    | "rfc2202_hmac_sha1"
    | "wycheproof_hmac_sha256"
    | "wycheproof_hmac_sha1",
    readonly HmacCase[]
  >
>;
interface PkceVectors {
  readonly official: readonly { readonly code_verifier: string; readonly code_challenge: string }[];
  readonly derived_negative: readonly {
    readonly name: string;
    readonly code_verifier?: string;
    readonly expect: string;
  }[];
}

const hmacVectors = readSharedJson<HmacVectors>("vectors/hmac.json");
const pkceVectors = readSharedJson<PkceVectors>("vectors/pkce_rfc7636.json");

Deno.test("sha256Hex() agrees with FIPS 180-2 for text and bytes", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(sha256Hex("abc"), abc);
  assert.equal(sha256Hex(utf8("abc")), abc);
});

Deno.test("hmac() agrees with RFC 4231 case 2 and RFC 2202 case 2, whole or in parts", () => {
  const sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  assert.equal(toHex(hmac("SHA-256", "Jefe", "what do ya want for nothing?")), sha256);
  assert.equal(
    toHex(hmac("SHA-256", utf8("Jefe"), "what do ya ", utf8("want for nothing?"))),
    sha256,
  );
  const sha1 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
  assert.equal(toHex(hmac("SHA-1", "Jefe", "what do ya want for nothing?")), sha1);
});

Deno.test({
  name: "hmac() agrees with every RFC and Wycheproof vector",
  ignore: !hmacVectors,
  fn() {
    for (const [group, cases] of Object.entries(hmacVectors ?? {})) {
      if (!group.includes("hmac_sha")) continue;
      const hash = group.endsWith("sha1") ? "SHA-1" : "SHA-256";
      for (const c of cases) {
        const expected = c.mac ?? c.tag ?? "";
        const actual = toHex(hmac(hash, fromHex(c.key), fromHex(c.data ?? c.msg ?? "")));
        // Truncated tags are compared as far as they go.
        const equal = constantTimeEqual(actual.slice(0, expected.length), expected);
        assert.equal(equal, c.result !== "invalid", `${group} ${c.tc ?? c.tcId}`);
      }
    }
  },
});

Deno.test("constantTimeEqual() compares values of any two lengths", () => {
  assert.equal(constantTimeEqual("signature", "signature"), true);
  assert.equal(constantTimeEqual("signature", utf8("signature")), true);
  assert.equal(constantTimeEqual("signature", "signaturf"), false);
  assert.equal(constantTimeEqual("signature", "sig"), false);
  assert.equal(constantTimeEqual("", "x"), false);
  assert.equal(constantTimeEqual("", ""), true);
});

Deno.test("randomToken() gives 10,000 different words of 43 characters", () => {
  const tokens = new Set<string>();
  for (let i = 0; i < 10_000; i++) tokens.add(randomToken());
  assert.equal(tokens.size, 10_000);
  for (const token of tokens) assert.match(token, /^[A-Za-z0-9_-]{43}$/);
});

Deno.test("pkceChallenge() takes every randomToken()", () => {
  assert.match(pkceChallenge(randomToken()), /^[A-Za-z0-9_-]{43}$/);
});

Deno.test("pkceChallenge() agrees with RFC 7636 appendix B", () => {
  assert.equal(
    pkceChallenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  );
});

Deno.test({
  name: "pkceChallenge() takes and refuses what the vectors say",
  ignore: !pkceVectors,
  fn() {
    for (const c of pkceVectors?.official ?? []) {
      assert.equal(pkceChallenge(c.code_verifier), c.code_challenge);
    }
    for (const { name, code_verifier, expect } of pkceVectors?.derived_negative ?? []) {
      if (code_verifier === undefined) continue;
      if (expect === "accept") assert.ok(pkceChallenge(code_verifier), name);
      else assert.throws(() => pkceChallenge(code_verifier), /malformed verifier/, name);
    }
  },
});
