import assert from "node:assert/strict";
import { toBase64Url, utf8 } from "@shared/core/bytes.ts";
import { claimsOf } from "@shared/providers/kit/token_claims.ts";
import { z } from "zod";

const schema = z.looseObject({ sub: z.string() }).transform(({ sub }) => sub);
const jwt = (claims: string) => `e30.${toBase64Url(utf8(claims))}.c2ln`;

Deno.test("claimsOf() reads what a token says of itself", () => {
  assert.equal(claimsOf(jwt('{"sub":"pérson","iat":1}'), schema), "pérson");
});

Deno.test("claimsOf() says nothing of what is no such token, and throws no part of it", () => {
  for (const token of ["", "opaque", "a.%%.c", "..", jwt("{"), jwt("null"), jwt('{"sub":7}')]) {
    assert.equal(claimsOf(token, schema), undefined, token);
  }
});
