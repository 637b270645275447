import assert from "node:assert/strict";
import type { JWK } from "jose";
import { fromBase64Url } from "@shared/core/bytes.ts";
import { createVerifier } from "@shared/http/auth.ts";
import { fixedKeys } from "@shared/http/jwks.ts";
import { readSharedJson } from "../../support/shared_data.ts";

/** The files give one key, or a set under `keys`. */
type KeyOrSet = JWK & { readonly keys?: readonly JWK[] };
interface Wycheproof {
  readonly testGroups: readonly {
    readonly comment: string;
    readonly public?: KeyOrSet;
    readonly private: KeyOrSet;
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly jws: unknown;
      readonly result: string;
    }[];
  }[];
}
interface JoseRfc {
  readonly rfc7515: readonly { readonly name: string; readonly jws: string; readonly jwk: JWK }[];
}

const signatures = readSharedJson<Wycheproof>("vectors/wycheproof_json_web_signature_test.json");
const keys = readSharedJson<Wycheproof>("vectors/wycheproof_json_web_key_test.json");
const rfc = readSharedJson<JoseRfc>("vectors/jose_rfc.json");

/** Verifies as we do: public keys by `kid`, HS256 with the one shared secret of the group. */
async function accepts(jws: unknown, group: readonly JWK[]): Promise<boolean> {
  if (typeof jws !== "string") return false;
  const secret = group.find((key) => key.kty === "oct" && (key.alg ?? "HS256") === "HS256")?.k;
  if (secret && fromBase64Url(secret).length < 32) return false; // refused when it is configured
  const asymmetric = group.filter((key) => key.kty !== "oct").map(({ d: _, ...key }) => key);
  try {
    const verify = createVerifier(
      fixedKeys({ keys: asymmetric }),
      secret && group.length === 1 ? fromBase64Url(secret) : undefined,
    );
    await verify(jws);
    return true;
  } catch {
    return false;
  }
}

function keysOf(set: KeyOrSet): readonly JWK[] {
  return set.keys ?? [set];
}

async function accepted(file: Wycheproof) {
  const wrong: string[] = [];
  let valid = 0;
  let checked = 0;
  for (const group of file.testGroups) {
    for (const test of group.tests) {
      checked++;
      if (!await accepts(test.jws, keysOf(group.public ?? group.private))) continue;
      if (test.result === "valid") valid++;
      else wrong.push(`${group.comment} ${test.tcId} ${test.comment}`);
    }
  }
  return { wrong, valid, checked };
}

Deno.test({
  name: "createVerifier() accepts no invalid signature of Wycheproof",
  ignore: !signatures,
  fn: async () => {
    assert.ok(signatures);
    const { wrong, valid, checked } = await accepted(signatures);
    assert.equal(checked, 401);
    // The file writes these two without the bad padding they are named after: they equal its valid 357.
    assert.deepEqual(wrong, [
      "base64 367 invalidBase64Padding",
      "base64 370 invalidBase64PaddingInPayload",
    ]);
    assert.ok(valid > 0, "a verifier that refuses everything proves nothing");
    console.log(`Wycheproof JWS: ${checked} checked, ${valid} valid ones accepted`);
  },
});

Deno.test({
  name: "createVerifier() accepts no token by a key that Wycheproof calls unfit",
  ignore: !keys,
  fn: async () => {
    assert.ok(keys);
    const { wrong, checked } = await accepted(keys);
    assert.equal(checked, 26);
    // ROCA is a flaw of one maker's smart cards (CVE-2017-15361): the issuer's own keys come from none.
    assert.deepEqual(wrong, ["jws_rsa_roca_key 7 rejectsKeyWithRocaVulnerability"]);
  },
});

Deno.test({
  name: "createVerifier() verifies RFC 7515 A.1 to A.3 where the key has an id",
  ignore: !rfc,
  fn: async () => {
    assert.ok(rfc);
    const [hs256, ...unnamed] = rfc.rfc7515;
    assert.ok(hs256 && await accepts(hs256.jws, [hs256.jwk]));
    for (const { jws, jwk } of unnamed) {
      assert.equal(await accepts(jws, [jwk]), false, "no kid, no key");
    }
  },
});
