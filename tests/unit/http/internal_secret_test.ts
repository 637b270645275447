import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { isInternal } from "@shared/http/internal_secret.ts";

const [OLD, NEW] = ["old-secret-of-the-scheduler-000000", "new-secret-of-the-scheduler-000000"];
const both = [new Secret(OLD), new Secret(NEW)];

const header = (value: string) => new Headers({ "x-raphael-secret": value });
const bearer = (value: string) => new Headers({ authorization: `Bearer ${value}` });

Deno.test("isInternal() takes either active secret, in either header", () => {
  for (const secret of [OLD, NEW]) {
    assert.ok(isInternal(header(secret), both));
    assert.ok(isInternal(bearer(secret), both));
  }
  assert.ok(!isInternal(header(OLD), [new Secret(NEW)]));
});

Deno.test("isInternal() stays closed without a secret, on either side", () => {
  for (const headers of [new Headers(), header(""), bearer(""), header("wrong"), bearer("a.b.c")]) {
    assert.ok(!isInternal(headers, both));
    assert.ok(!isInternal(headers, []));
    assert.ok(!isInternal(headers, [new Secret("")]));
  }
});
