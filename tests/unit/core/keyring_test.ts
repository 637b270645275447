import assert from "node:assert/strict";
import { toBase64 } from "@shared/core/bytes.ts";
import { parseMasterKeys } from "@shared/core/keyring.ts";

/** Marked test keys: counted, not drawn. */
const key = (first: number, length = 32) =>
  toBase64(Uint8Array.from({ length }, (_, i) => first + i));

Deno.test("parseMasterKeys() reads one key and several", () => {
  const { masters, problems } = parseMasterKeys(`k1:${key(1)}, k-2_x:${key(2)}`);
  assert.deepEqual(problems, []);
  assert.deepEqual([...masters.keys()], ["k1", "k-2_x"]);
  assert.equal(masters.get("k1")?.reveal(), key(1));
});

Deno.test("parseMasterKeys() names what is wrong with each key and shows none", () => {
  const cases: readonly (readonly [text: string, problem: RegExp])[] = [
    ["", /holds no key/],
    ["{}", /without a key id/],
    [`k1:${key(1, 16)}`, /key k1 has 16 bytes, not 32/],
    [`k1:${key(1, 33)}`, /key k1 has 33 bytes, not 32/],
    [`k1:${"!".repeat(44)}`, /key k1 is not base64/],
    [`k1:${"_-".repeat(22)}`, /key k1 is not base64/],
    [`k1:${toBase64(new Uint8Array(32))}`, /key k1 is not random/],
    [`k1:${toBase64(new Uint8Array(32).fill(7))}`, /key k1 is not random/],
    [`k1:${key(1)},k2:${key(1)}`, /key k2 has the bytes of another/],
    [`k1:${key(1)},k1:${key(2)}`, /names key k1 twice/],
    [`k.1:${key(1)}`, /without a key id/],
    [`${"k".repeat(33)}:${key(1)}`, /without a key id/],
    [key(1), /without a key id/],
  ];
  for (const [text, problem] of cases) {
    const { problems } = parseMasterKeys(text);
    assert.match(problems.join("; "), problem, text);
    assert.ok(!problems.join().includes(key(1)));
  }
});
