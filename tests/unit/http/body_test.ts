import assert from "node:assert/strict";
import { readBody } from "@shared/http/body.ts";
import { createBodyRoom } from "@shared/http/body_room.ts";
import { requireMediaType } from "@shared/http/media_type.ts";

const LIMITS = { maxBytes: 1_000, timeoutMs: 50 };

/** A body in chunks; `pulled` counts how many were asked for. */
function stream(chunks: readonly Uint8Array[], end: "close" | "stall" | "error" = "close") {
  const state = { pulled: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = chunks[state.pulled++];
      if (chunk) controller.enqueue(chunk);
      else if (end === "close") controller.close();
      else if (end === "error") controller.error(new TypeError("connection reset"));
      else await new Promise(() => {});
    },
    cancel() {
      state.cancelled = true;
    },
  }, { highWaterMark: 0 });
  return { state, request: new Request("https://x.test/", { method: "POST", body }) };
}

const bytes = (length: number) => new Uint8Array(length).fill(65);

Deno.test("readBody() gives the bytes as sent, up to the cap and not one more", async () => {
  const { request } = stream([bytes(400), bytes(1), bytes(599)]);
  assert.deepEqual(await readBody(request, LIMITS), bytes(1_000));
  await assert.rejects(readBody(stream([bytes(400), bytes(601)]).request, LIMITS), {
    problem: "body_too_large",
  });
  assert.equal((await readBody(new Request("https://x.test/"), LIMITS)).length, 0);
});

Deno.test("readBody() stops reading at the cap: a megabyte more is never pulled", async () => {
  const { request, state } = stream(Array.from({ length: 10_000 }, () => bytes(100)));
  await assert.rejects(readBody(request, LIMITS), { problem: "body_too_large" });
  assert.equal(state.pulled, 11);
  assert.ok(state.cancelled);
});

Deno.test("readBody() refuses by Content-Length before reading", async () => {
  const { request, state } = stream([bytes(10)]);
  request.headers.set("content-length", "1001");
  await assert.rejects(readBody(request, LIMITS), { problem: "body_too_large" });
  assert.equal(state.pulled, 0);
});

Deno.test("readBody() refuses compressed, slow and cut bodies", async () => {
  const gzip = stream([bytes(10)]).request;
  gzip.headers.set("content-encoding", "gzip");
  await assert.rejects(readBody(gzip, LIMITS), { problem: "media_type_unsupported" });
  await assert.rejects(readBody(stream([bytes(10)], "stall").request, LIMITS), {
    problem: "body_timeout",
  });
  await assert.rejects(readBody(stream([bytes(10)], "error").request, LIMITS), {
    problem: "malformed_body",
  });
});

Deno.test("readBody() refuses a slow or cut body of a known length as well", async () => {
  for (const [end, problem] of [["stall", "body_timeout"], ["error", "malformed_body"]] as const) {
    const { request } = stream([bytes(10)], end);
    request.headers.set("content-length", "20");
    await assert.rejects(readBody(request, LIMITS), { problem });
  }
  const { request } = stream([bytes(10)]);
  request.headers.set("content-length", "10");
  assert.deepEqual(await readBody(request, LIMITS), bytes(10));
});

Deno.test("readBody() believes no length beside a transfer encoding", async () => {
  const { request, state } = stream(Array.from({ length: 10_000 }, () => bytes(100)));
  request.headers.set("content-length", "10");
  request.headers.set("transfer-encoding", "chunked");
  await assert.rejects(readBody(request, LIMITS), { problem: "body_too_large" });
  assert.equal(state.pulled, 11);
});

Deno.test("readBody() takes many tiny chunks", async () => {
  const { request } = stream(Array.from({ length: 200_000 }, () => bytes(1)));
  assert.equal((await readBody(request, { maxBytes: 262_144 })).length, 200_000);
});

Deno.test("requireMediaType() takes JSON in UTF-8 and nothing a form could send", () => {
  const check = (type?: string, allowed?: readonly string[]) =>
    requireMediaType(new Headers(type === undefined ? {} : { "content-type": type }), allowed);
  check("application/json");
  check('Application/JSON; charset="UTF-8"');
  check("application/x-www-form-urlencoded", ["application/x-www-form-urlencoded"]);
  for (
    const type of [
      undefined,
      "",
      "text/plain",
      "text/plain; application/json",
      "multipart/form-data; boundary=x",
      "application/x-www-form-urlencoded",
      "application/json; charset=utf-16",
      "application/jsonp",
    ]
  ) assert.throws(() => check(type), { problem: "media_type_unsupported" }, String(type));
});

Deno.test("readBody() shares room with the others, takes what has arrived and gives it back", async () => {
  const room = createBodyRoom(50_000);
  const limits = { maxBytes: 40_000, timeoutMs: 50, room };
  const announced = (length: number, sent: Uint8Array) => {
    const { request } = stream([sent], "stall");
    request.headers.set("content-length", String(length));
    return readBody(request, limits);
  };
  // Large ones take a first buffer of 16 KiB each, whatever they announce: the fourth is too much.
  const slow = Array.from(
    { length: 4 },
    () => announced(40_000, bytes(10)).catch((error) => error),
  );
  assert.equal((await slow[3]).problem, "unavailable");
  assert.equal((await slow[3]).retryAfter > 0, true);
  for (const one of slow.slice(0, 3)) assert.equal((await one).problem, "body_timeout");
  // Small ones, read in one piece, take their length.
  const small = Array.from(
    { length: 4 },
    () => announced(16_000, bytes(10)).catch((error) => error),
  );
  assert.equal((await small[3]).problem, "unavailable");
  await Promise.all(small);
  assert.equal((await readBody(stream([bytes(40_000)]).request, limits)).length, 40_000);
  await assert.rejects(readBody(stream([bytes(40_000), bytes(1)]).request, limits));
  room.take(50_000);
});
