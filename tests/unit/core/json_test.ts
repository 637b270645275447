import assert from "node:assert/strict";
import { utf8 } from "@shared/core/bytes.ts";
import { parseJson } from "@shared/core/json.ts";
import { ProblemError } from "@shared/core/problems.ts";

function refused(body: string | Uint8Array, reason: RegExp): void {
  assert.throws(() => parseJson(body), (error) => {
    assert.ok(error instanceof ProblemError);
    assert.equal(error.problem, "malformed_body");
    assert.match(error.message, reason);
    return true;
  });
}

Deno.test("parseJson() reads what JSON.parse reads", () => {
  const bodies = [
    "null",
    "1",
    '"x"',
    "[]",
    "{}",
    "-0.5e-3",
    '{"a":[1,2.5,true,null,{"b":"\\"\\\\\\u00e9:{[:"}]}',
    '{"k\\"ey":{"":[]}}',
    '{"ends in a backslash":"\\\\","next":1}',
    ' \n{"spaced" : [ 1 , 2 ] }\t',
  ];
  for (const body of bodies) {
    assert.deepEqual(parseJson(body), JSON.parse(body), body);
    assert.deepEqual(parseJson(utf8(body)), JSON.parse(body), body);
  }
});

Deno.test("parseJson() refuses what is not JSON, without quoting it", () => {
  for (
    const body of ["", "{", '{"a":1,}', "[1 2]", "NaN", "Infinity", '"open', '"\\', "]]", "01"]
  ) {
    refused(body, /^Cannot read JSON: not JSON$/);
  }
});

Deno.test("parseJson() refuses invalid UTF-8 and passes over a byte order mark", () => {
  refused(Uint8Array.of(0x22, 0xc3, 0x28, 0x22), /not UTF-8/);
  assert.deepEqual(parseJson(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)), {});
});

Deno.test("parseJson() refuses deep nesting before parsing it", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assert.doesNotThrow(() => parseJson(nested(32)));
  refused(nested(33), /deeper than 32/);
  refused(nested(100_000), /deeper than 32/);
  refused('{"a":'.repeat(10_000) + "1" + "}".repeat(10_000), /deeper than 32/);
  assert.doesNotThrow(() => parseJson(nested(40), { maxDepth: 40 }));
  assert.doesNotThrow(() => parseJson(`"${"[".repeat(99)}"`));
});

Deno.test("parseJson() refuses a member that is named twice, at any depth", () => {
  refused('{"user":{"user_id":"A"},"user":{"user_id":"B"}}', /named twice/);
  refused('[{"deep":{"a":1,"b":2,"a":1}}]', /named twice/);
  refused('{"a":1,"\\u0061":2}', /named twice/);
  refused('{"__proto__":1,"__proto__":2}', /named twice/);
  assert.deepEqual(parseJson('[{"a":1},{"a":2}]'), [{ a: 1 }, { a: 2 }]);
});

Deno.test("parseJson() makes __proto__ an ordinary member", () => {
  const value = parseJson('{"__proto__":{"polluted":1},"constructor":{"prototype":{"x":1}}}');
  assert.ok(value !== null && typeof value === "object");
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.ok(Object.hasOwn(value, "__proto__"));
  assert.ok(!("polluted" in value));
  assert.ok(!("polluted" in {}));
});

Deno.test("parseJson() refuses text that jsonb cannot store, in values and names", () => {
  for (const text of ["\\u0000", "a\\u0000b", "\\ud800", "\\udc00\\ud800"]) {
    refused(`{"a":["${text}"]}`, /null character|surrogate/);
    refused(`{"${text}":1}`, /null character|surrogate/);
  }
  assert.deepEqual(parseJson('["\\ud83d\\ude00", "\\\\u0000"]'), ["😀", "\\u0000"]);
});

Deno.test("parseJson() keeps every digit of an integer beyond 2^53, as text", () => {
  assert.deepEqual(
    parseJson('{"id":9007199254740993,"n":-12345678901234567890,"safe":9007199254740991}'),
    { id: "9007199254740993", n: "-12345678901234567890", safe: 9007199254740991 },
  );
  assert.deepEqual(parseJson("[9007199254740992]"), ["9007199254740992"]);
  // A fraction of many digits is a measurement, and rounding it is what doubles do.
  assert.deepEqual(parseJson("[0.12345678901234567890, 1e20]"), [0.12345678901234568, 1e20]);
  assert.deepEqual(parseJson('"9007199254740993"'), "9007199254740993");
});

Deno.test("parseJson() refuses numbers beyond the double range", () => {
  refused("[1e999]", /out of range/);
  refused('{"a":-1e999}', /out of range/);
  assert.deepEqual(parseJson("[0.1e-400, -0]"), [0, -0]);
});

Deno.test("parseJson() compares ids byte for byte: no normalisation", () => {
  assert.deepEqual(parseJson('["\u00e9","e\u0301"]'), ["\u00e9", "e\u0301"]);
});

Deno.test("parseJson() stays linear on a body made of quotes and backslashes", () => {
  const body = `"${"\\\\".repeat(500_000)}${'\\"'.repeat(500_000)}"`;
  const started = performance.now();
  parseJson(body);
  assert.ok(performance.now() - started < 2_000);
});
