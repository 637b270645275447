import assert from "node:assert/strict";
import { ProblemError, type ProblemName } from "@shared/core/problems.ts";
import type { Answer } from "@shared/http/answer.ts";
import { createApp, type WebhooksPort } from "../../functions/webhooks/app.ts";
import { httpRuntime, ORIGIN } from "./http_runtime.ts";

const MAX = 262_144;

function webhooks(answer: Answer | ProblemName = { status: 204 }) {
  const seen: Parameters<WebhooksPort["handle"]>[0][] = [];
  const runtime = httpRuntime();
  const app = createApp({
    ...runtime,
    webhooks: {
      maxBytes: (provider) => provider === "terra" || provider === "withings" ? MAX : undefined,
      mediaTypes: (provider) =>
        provider === "withings" ? ["application/x-www-form-urlencoded"] : ["application/json"],
      handle: (delivery) => {
        seen.push(delivery);
        return typeof answer === "string"
          ? Promise.reject(new ProblemError(answer, "Cannot accept: marker"))
          : Promise.resolve(answer);
      },
    },
  });
  const request = (path: string, init?: RequestInit) =>
    app.fetch(new Request(`https://functions.test${path}`, init));
  return { app: { request }, seen, lines: runtime.lines };
}

function delivery(body: BodyInit, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", body, headers: { "content-type": "application/json", ...headers } };
}

Deno.test("webhooks hands on the raw bytes, the headers and the address", async () => {
  const { app, seen } = webhooks();
  const body = new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0xc3, 0x28, 0x7d, 0x0a]);
  const response = await app.request(
    "/webhooks/terra/path-secret?a=1",
    delivery(body, { "terra-signature": "t=1,v1=a", origin: ORIGIN }),
  );
  assert.equal(response.status, 204);
  assert.equal(await response.text(), "");
  assert.equal(response.headers.get("access-control-allow-origin"), null);
  const [given] = seen;
  assert.equal(given?.provider, "terra");
  assert.deepEqual(given.request.body, body);
  assert.equal(given.request.headers.get("terra-signature"), "t=1,v1=a");
  assert.equal(given.request.url.pathname, "/webhooks/terra/path-secret");
  assert.equal(given.request.url.search, "?a=1");
  await app.request("/webhooks/terra/", delivery("{}"));
  assert.equal(seen[1]?.provider, "terra");
});

Deno.test("webhooks passes a handshake through and answers as the provider expects", async () => {
  const body = '{"challenge":"c"}';
  const { app, seen } = webhooks({
    status: 200,
    body,
    headers: { "content-type": "application/json" },
  });
  const response = await app.request("/webhooks/terra?challenge=c");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(await response.text(), body);
  const head = await app.request("/webhooks/terra", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.deepEqual(seen.map(({ request }) => request.method), ["GET", "HEAD"]);
});

Deno.test("webhooks takes a body of exactly the cap and refuses one byte more", async () => {
  const { app, seen } = webhooks();
  const chunked = (length: number) =>
    new ReadableStream({
      start(controller) {
        for (let left = length; left > 0; left -= 65_536) {
          controller.enqueue(new Uint8Array(Math.min(left, 65_536)));
        }
        controller.close();
      },
    });
  assert.equal((await app.request("/webhooks/terra", delivery(new Uint8Array(MAX)))).status, 204);
  assert.equal((await app.request("/webhooks/terra", delivery(chunked(MAX)))).status, 204);
  for (
    const init of [
      delivery(new Uint8Array(MAX + 1)),
      delivery(chunked(MAX + 1)),
      delivery("{}", { "content-length": String(MAX + 1) }),
    ]
  ) assert.equal((await app.request("/webhooks/terra", init)).status, 413);
  assert.equal(seen.length, 2);
});

Deno.test("webhooks refuses what the provider does not send before any work", async () => {
  const { app, seen } = webhooks();
  for (
    const type of [
      "text/plain",
      "application/xml",
      "multipart/form-data",
      "",
      "application/json; charset=utf-16",
    ]
  ) {
    const init = delivery(new Uint8Array(2), { "content-type": type });
    assert.equal((await app.request("/webhooks/terra", init)).status, 415, type);
  }
  const gzip = delivery(new Uint8Array(2), { "content-encoding": "gzip" });
  assert.equal((await app.request("/webhooks/terra", gzip)).status, 415);
  for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const response = await app.request("/webhooks/terra", { method });
    assert.equal(response.status, 405, method);
    assert.equal(response.headers.get("allow"), "GET, POST");
  }
  assert.deepEqual(seen, []);
  const form = delivery("a=b", { "content-type": "application/x-www-form-urlencoded" });
  assert.equal((await app.request("/webhooks/withings", form)).status, 204);
});

Deno.test("webhooks answers every 401 and 404 with the same bytes", async () => {
  const refusals = await Promise.all([
    webhooks("signature_invalid").app.request("/webhooks/terra", delivery("{}")),
    webhooks({ status: 401, body: "why" }).app.request("/webhooks/terra", delivery("{}")),
    webhooks({ status: 404 }).app.request("/webhooks/terra?verify=wrong"),
    webhooks().app.request("/webhooks/nobody", delivery("{}")),
    webhooks().app.request("/webhooks/__proto__", delivery("{}")),
    webhooks().app.request("/webhooks/constructor", delivery("{}")),
    webhooks().app.request("/webhooks/TERRA", delivery("{}")),
    webhooks().app.request("/webhooks/terra%2f", delivery("{}")),
    webhooks().app.request("/webhooks/terra/a/b", delivery("{}")),
  ]);
  assert.deepEqual(refusals.map(({ status }) => status), [
    401,
    401,
    404,
    404,
    404,
    404,
    404,
    404,
    404,
  ]);
  const answers = await Promise.all(refusals.map(async (response) => {
    const headers = Object.fromEntries(response.headers);
    delete headers["x-request-id"];
    return JSON.stringify([await response.text(), headers]);
  }));
  assert.equal(new Set(answers).size, 1);
});

Deno.test("webhooks lets the provider try again when nothing could be stored", async () => {
  const response = await webhooks("unavailable").app.request("/webhooks/terra", delivery("{}"));
  assert.equal(response.status, 503);
  assert.match(response.headers.get("retry-after") ?? "", /^\d+$/);
});

Deno.test("webhooks logs neither body nor path secret", async () => {
  const { app, lines } = webhooks("malformed_body");
  const response = await app.request("/webhooks/terra/path-secret", delivery('{"marker":1}'));
  assert.equal(response.status, 400);
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.["route"], "/webhooks/:provider/:secret?");
  assert.ok(!/marker|path-secret/.test(JSON.stringify(lines)));
  assert.ok(JSON.stringify(lines[0]).length < 300);
});
