import assert from "node:assert/strict";
import { z } from "zod";
import { ProviderError } from "@shared/providers/errors.ts";
import {
  callProvider,
  failureOf,
  pathSegment,
  readJson,
  retryAfterSeconds,
} from "@shared/providers/kit/http.ts";
import { withProvider } from "../../../support/provider_server.ts";

const PROVIDER = { slug: "test", hosts: ["provider.example", "provider.example:8443"] };
const NOW = new Date("2026-03-01T12:00:00Z");

function issuesOf(error: unknown): readonly string[] {
  assert.ok(error instanceof ProviderError && error.failure.kind === "contract");
  return error.failure.issues;
}

Deno.test("callProvider() speaks to https and the driver's hosts only", () =>
  withProvider(() => new Response("{}"), async ({ requests, context }) => {
    for (
      const address of [
        "http://provider.example/",
        "https://provider.example.evil.example/",
        "https://provider.example:444/",
        "https://sub.provider.example/",
        "https://user:word@provider.example/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://evil.example/?https://provider.example",
      ]
    ) {
      // A Request refuses credentials in its address by itself.
      await assert.rejects(async () =>
        await callProvider(PROVIDER, new Request(address), context())
      );
    }
    assert.equal(requests.length, 0);
    await callProvider(PROVIDER, new Request("https://provider.example:8443/a"), context())
      .then((response) => response.text());
    assert.equal(requests[0]?.url.href, "https://provider.example:8443/a");
  }));

Deno.test("failureOf() says what to do about each status", () => {
  const kindOf = (status: number) => failureOf(new Response(null, { status }), NOW)?.kind;
  assert.deepEqual(
    [200, 204, 304, 400, 401, 403, 404, 408, 422, 429, 500, 502, 503, 504, 520].map(kindOf),
    [
      undefined,
      undefined,
      "contract",
      "rejected",
      "reauthorize",
      "rejected",
      "rejected",
      "unavailable",
      "rejected",
      "rate_limited",
      "unavailable",
      "unavailable",
      "unavailable",
      "unavailable",
      "unavailable",
    ],
  );
});

Deno.test("retryAfterSeconds() reads seconds and dates, and keeps them within 1 s and 1 h", () => {
  const cases: readonly (readonly [string | null, number])[] = [
    ["30", 30],
    [" 30 ", 30],
    ["0", 1],
    ["0.5", 1],
    ["3600", 3_600],
    ["86400", 3_600],
    ["Sun, 01 Mar 2026 12:01:30 GMT", 90],
    ["Sun, 01 Mar 2026 11:00:00 GMT", 1],
    ["soon", 60],
    ["", 60],
    [null, 60],
  ];
  for (const [header, seconds] of cases) {
    assert.equal(retryAfterSeconds(header, NOW), seconds, String(header));
  }
});

Deno.test("readJson() names paths and rules, never values", async () => {
  const schema = z.object({
    rows: z.array(z.object({ day: z.iso.date(), n: z.union([z.number(), z.null()]) })),
  });
  const body = { rows: [{ day: "marked", n: "marked" }] };
  const error: unknown = await readJson(PROVIDER, Response.json(body), schema)
    .catch((cause: unknown) => cause);
  assert.deepEqual(issuesOf(error), ["rows.0.day: not date", "rows.0.n: not null"]);
  assert.doesNotMatch(Deno.inspect(error), /marked/);
});

Deno.test("readJson() reads a 204 as nothing, and keeps the digits of long ids", async () => {
  const nothing = await readJson(PROVIDER, new Response(null, { status: 204 }), z.undefined());
  assert.equal(nothing, undefined);
  const long = await readJson(PROVIDER, new Response('{"id":9007199254740993}'), z.unknown());
  assert.deepEqual(long, { id: "9007199254740993" });
});

Deno.test("pathSegment() encodes what would leave its place", () => {
  assert.equal(pathSegment(PROVIDER, "a/b?c#d"), "a%2Fb%3Fc%23d");
  for (const id of ["", ".", ".."]) {
    assert.throws(() => pathSegment(PROVIDER, id), { name: "ProviderError" });
  }
});

Deno.test("failureOf() lets a provider mean something else by a status, and say when to come back", () => {
  const response = (status: number, headers: HeadersInit = {}) =>
    new Response(null, { status, headers });
  const gone = { kind: "reauthorize", cause: "api_ended" } as const;
  assert.deepEqual(failureOf(response(410), NOW, { statuses: { 410: gone } }), gone);
  assert.equal(failureOf(response(404), NOW, { statuses: { 410: gone } })?.kind, "rejected");
  const retryAfter = () => 90;
  const waits = (headers: HeadersInit) => failureOf(response(429, headers), NOW, { retryAfter });
  assert.deepEqual(waits({}), { kind: "rate_limited", retryAfter: 90 });
  assert.deepEqual(waits({ "retry-after": "7" }), { kind: "rate_limited", retryAfter: 7 });
});
