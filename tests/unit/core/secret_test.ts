import assert from "node:assert/strict";
import { inspect } from "node:util";
import { Secret } from "@shared/core/secret.ts";

const MARKER = "test-marker-not-a-real-secret";

Deno.test("Secret reveals its value only on request", () => {
  assert.equal(new Secret(MARKER).reveal(), MARKER);
});

Deno.test("Secret shows nothing however it is printed, joined or serialised", () => {
  const secret = new Secret(MARKER);
  const shown = [
    `${secret}`,
    String(secret),
    "" + secret,
    [secret].join(),
    JSON.stringify({ secret }),
    Deno.inspect({ nested: { secret } }),
    Deno.inspect(secret, { showHidden: true }),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    JSON.stringify(Object.entries(secret)),
    JSON.stringify({ ...secret }),
  ].join("\n");
  assert.ok(!shown.includes(MARKER), shown);
});

Deno.test("Secret cannot be cloned into something that shows it", () => {
  assert.ok(!Deno.inspect(structuredClone(new Secret(MARKER))).includes(MARKER));
});
