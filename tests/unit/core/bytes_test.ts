import assert from "node:assert/strict";
import {
  concat,
  fromBase64,
  fromBase64Url,
  fromHex,
  fromUtf8,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from "@shared/core/bytes.ts";

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, i) => i);

Deno.test("toHex() and fromHex() round-trip every byte", () => {
  assert.deepEqual(fromHex(toHex(EVERY_BYTE)), EVERY_BYTE);
  assert.equal(toHex(Uint8Array.of(0, 15, 255)), "000fff");
  assert.deepEqual(fromHex("0Fa0"), Uint8Array.of(15, 160));
});

Deno.test("fromHex() refuses odd lengths and other characters", () => {
  for (const bad of ["f", "0g", "0x00", " 00", "00\n"]) {
    assert.throws(() => fromHex(bad), TypeError, bad);
  }
});

Deno.test("toBase64Url() and fromBase64Url() round-trip every byte and length", () => {
  for (let length = 0; length < 66; length++) {
    const bytes = EVERY_BYTE.slice(256 - length);
    const text = toBase64Url(bytes);
    assert.match(text, /^[A-Za-z0-9_-]*$/);
    assert.deepEqual(fromBase64Url(text), bytes);
  }
});

Deno.test("fromBase64Url() refuses padding, white space, the standard alphabet and stray bits", () => {
  // "AB" and "AA" decode to the same byte: only "AA" is canonical.
  for (const bad of ["AA==", "A A", "AA\n", "A+", "A/", "A", "AB"]) {
    assert.throws(() => fromBase64Url(bad), TypeError, JSON.stringify(bad));
  }
  assert.deepEqual(fromBase64Url("AA"), Uint8Array.of(0));
});

Deno.test("fromBase64() takes padding or none and refuses the rest", () => {
  assert.deepEqual(fromBase64("//79"), Uint8Array.of(255, 254, 253));
  assert.deepEqual(fromBase64(toBase64(EVERY_BYTE)), EVERY_BYTE);
  assert.deepEqual(fromBase64("AA"), Uint8Array.of(0));
  assert.throws(() => fromBase64("__79"), TypeError);
  assert.throws(() => fromBase64("A"), TypeError);
});

Deno.test("fromUtf8() throws on what is not UTF-8", () => {
  assert.equal(fromUtf8(utf8("pulse ♥ 脈")), "pulse ♥ 脈");
  assert.throws(() => fromUtf8(Uint8Array.of(0xc3, 0x28)), TypeError);
  assert.equal(fromUtf8(utf8("still works")), "still works");
});

Deno.test("concat() joins in order", () => {
  assert.deepEqual(concat(utf8("a"), utf8(""), utf8("bc")), utf8("abc"));
  assert.deepEqual(concat(), new Uint8Array(0));
});
