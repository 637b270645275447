import { constants, deflateRawSync } from "node:zlib";
import { ended } from "./pretended_oura.ts";

const MB = 1_024 * 1_024;
const DRIP_MS = 100;

/** Answers that never come to an end worth waiting for. */
export const BAD_BODIES = ["silent", "stalls", "drips", "huge", "bomb", "huge error"] as const;
export type BadBody = (typeof BAD_BODIES)[number];

/** Bodies that are read up to a limit and given up for good; what the others mean is "later". */
export const TOO_LARGE: ReadonlySet<BadBody> = new Set(["huge", "bomb"]);

/** `size` bytes of white space, which JSON allows before a value, or as much as comes of it. */
export async function badBody(
  kind: BadBody,
  size: number,
  closing: AbortSignal,
  onSent: (bytes: number) => void,
): Promise<Response> {
  const headers = { "content-type": "application/json" };
  switch (kind) {
    case "silent":
      await ended(closing);
      return new Response(null, { status: 504 });
    case "stalls":
      return new Response(drip(closing, Infinity), { headers });
    case "drips":
      return new Response(drip(closing, DRIP_MS), { headers });
    case "huge":
      return new Response(repeat(new Uint8Array(64 * 1_024).fill(0x20), size, onSent), {
        headers: { ...headers, "content-length": String(size) },
      });
    case "huge error":
      return new Response(repeat(new Uint8Array(64 * 1_024).fill(0x20), size, onSent), {
        status: 503,
      });
    case "bomb":
      return new Response(bomb(size, onSent), {
        headers: { ...headers, "content-encoding": "gzip" },
      });
  }
}

/** A byte, then one more each so often. */
function drip(closing: AbortSignal, everyMs: number): ReadableStream<Uint8Array> {
  const byte = new Uint8Array([0x20]);
  let timer: ReturnType<typeof setInterval> | undefined;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(byte);
      if (everyMs < Infinity) timer = setInterval(() => controller.enqueue(byte), everyMs);
      closing.addEventListener("abort", () => {
        clearInterval(timer);
        controller.error(new Error("the test is over"));
      });
    },
    cancel: () => clearInterval(timer),
  });
}

/** `part` over and over, until `size` bytes are sent or nobody reads any more. */
function repeat(
  part: Uint8Array,
  size: number,
  onSent: (bytes: number) => void,
  head = new Uint8Array(),
): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    start(controller) {
      if (head.length > 0) controller.enqueue(head);
    },
    pull(controller) {
      if (sent >= size) return controller.close();
      const bytes = part.subarray(0, Math.min(part.length, size - sent));
      sent += bytes.length;
      onSent(bytes.length);
      controller.enqueue(bytes);
    },
  });
}

/** RFC 1952: magic, deflate, no flags, no time, no extra flags, unknown system. */
const GZIP_HEAD = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

/** A thousand to one: a flushed block of deflate is whole bytes, and may come again and again. */
function bomb(size: number, onSent: (bytes: number) => void): ReadableStream<Uint8Array> {
  const block = deflateRawSync(new Uint8Array(MB).fill(0x20), {
    finishFlush: constants.Z_FULL_FLUSH,
  });
  const blocks = Math.ceil(size / MB);
  return repeat(new Uint8Array(block), blocks * block.length, onSent, GZIP_HEAD);
}
