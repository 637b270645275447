import assert from "node:assert/strict";
import { canonicalReturnTo } from "@shared/http/return_to.ts";
import { readSharedJson } from "../../support/shared_data.ts";

interface Corpus {
  readonly allow_origins: readonly string[];
  readonly cases: readonly { readonly input: unknown; readonly expect: string }[];
}

const corpus = readSharedJson<Corpus>("vectors/return_to_corpus.json");
const ORIGINS = ["https://app.example.test", "http://127.0.0.1:5173"];

Deno.test("canonicalReturnTo() allows addresses of the listed origins alone", () => {
  const allowed = (input: unknown) => canonicalReturnTo(input, ORIGINS)?.href;
  assert.equal(allowed("https://app.example.test"), "https://app.example.test/");
  assert.equal(allowed("http://127.0.0.1:5173/health?a=b"), "http://127.0.0.1:5173/health?a=b");
  for (
    const input of [
      "http://127.0.0.1:5174/",
      "https://app.example.test.evil.test/",
      "https://app.example.test@evil.test/",
      "https://app.example.test/#ticket",
      "https://app.example.test/#",
      "https://app.example.test\\@evil.test/",
      "https://app.example.test/\r\nx: y",
      `https://app.example.test/${"a".repeat(512)}`,
      undefined,
    ]
  ) assert.equal(allowed(input), undefined, String(input));
  assert.equal(canonicalReturnTo("https://app.example.test/", []), undefined);
});

Deno.test({
  name: "canonicalReturnTo() judges the corpus as listed",
  ignore: !corpus,
  fn: () => {
    assert.ok(corpus);
    for (const { input, expect } of corpus.cases) {
      const url = canonicalReturnTo(input, corpus.allow_origins);
      assert.equal(
        url !== undefined,
        expect.startsWith("allow"),
        `${JSON.stringify(input)}: ${expect}`,
      );
    }
  },
});
