import assert from "node:assert/strict";
import { utf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import { tinkSignature } from "@shared/providers/kit/tink.ts";

// Constructed, not Google's: the public half of a test key, and one signature made with its other half.
const KEY = {
  keyData: {
    typeUrl: "type.googleapis.com/google.crypto.tink.EcdsaPublicKey",
    value:
      "EgYIAxACGAIaIQBPRAB6k2SHFM7TsfCMGqZJyUk0oLnYRUKwR7KgUe4B6CIhAMkK+K72IiP8cF73s0t89P7EaIVQSysLTeOdrZaBW+jz",
    keyMaterialType: "ASYMMETRIC_PUBLIC",
  },
  status: "ENABLED",
  keyId: 987_654_321,
  outputPrefixType: "TINK",
};
const BODY =
  '[{"data":{"version":"1","clientProvidedSubscriptionName":"subscription-name","healthUserId":"health-user-id","operation":"UPSERT","dataType":"steps","intervals":[{"physicalTimeInterval":{"startTime":"2026-03-08T01:29:00Z","endTime":"2026-03-08T01:34:00Z"},"civilIso8601TimeInterval":{"startTime":"2026-03-07T17:29:00","endTime":"2026-03-07T17:34:00"}}]}}]';
const SIGNATURE =
  "ATreaLEwRgIhAP7kqHwkzg6pgzBEUYmzbSPkxNTp/IrDSSGKjthpPDEEAiEAv8LALv9dlnou2l3+e3IlimTXy+9LR+o2OR1fS4qQ0qM=";

function verify(
  p: { readonly body?: string; readonly signature?: string; readonly keysets?: readonly unknown[] },
): Promise<boolean> {
  const [cached, fresh = cached] = p.keysets ?? [{ key: [KEY] }];
  return tinkSignature("x-signature")(
    {
      method: "POST",
      url: new URL("https://app.example/"),
      headers: new Headers({ "x-signature": p.signature ?? SIGNATURE }),
      body: utf8(p.body ?? BODY),
    },
    {
      signing: [new Secret("unused")],
      keyset: (again) => Promise.resolve(again ? fresh : cached),
    },
    new Date(0),
  );
}

Deno.test("tinkSignature() accepts the key's signature of the raw body", async () => {
  assert.equal(await verify({}), true);
});

Deno.test("tinkSignature() asks for fresh keys where the key is new", async () => {
  assert.equal(await verify({ keysets: [{ key: [] }, { key: [KEY] }] }), true);
  assert.equal(await verify({ keysets: [undefined, { key: [KEY] }] }), true);
});

Deno.test("tinkSignature() refuses another body, key, status or form", async () => {
  assert.equal(await verify({ body: `${BODY} ` }), false);
  for (
    const change of [
      { keyId: 1 },
      { status: "DISABLED" },
      { outputPrefixType: "RAW" },
      { keyData: { ...KEY.keyData, typeUrl: "other" } },
      { keyData: { ...KEY.keyData, value: "EgYIAxACGAI=" } },
      { keyData: { ...KEY.keyData, value: KEY.keyData.value.replace("BPRAB6", "BPRAB7") } },
    ]
  ) {
    assert.equal(await verify({ keysets: [{ key: [{ ...KEY, ...change }] }] }), false);
  }
  for (const keysets of [[{ key: [] }], [{}], [null], ["keys"]]) {
    assert.equal(await verify({ keysets }), false);
  }
  const bytes = Uint8Array.from(atob(SIGNATURE), (char) => char.charCodeAt(0));
  // One bit anywhere: version, key id, DER's frame, both numbers.
  for (const at of [0, 1, 4, 5, 6, 7, 8, 20, bytes.length - 1]) {
    const flipped = bytes.map((byte, i) => i === at ? byte ^ 1 : byte);
    assert.equal(
      await verify({ signature: btoa(String.fromCharCode(...flipped)) }),
      false,
      `${at}`,
    );
  }
  for (const signature of ["", "AQ==", "$", btoa(String.fromCharCode(...bytes.slice(0, -1)))]) {
    assert.equal(await verify({ signature }), false, signature);
  }
});
