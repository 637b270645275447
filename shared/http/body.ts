import type { Bytes } from "../core/bytes.ts";
import { ProblemError } from "../core/problems.ts";

export interface BodyLimits {
  readonly maxBytes: number;
  /** For the whole body, so that a sender of one byte a second cannot hold a worker; default 10 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/**
 * The raw body, never more than `maxBytes` of it in memory whatever `Content-Length` says. Compressed
 * bodies are refused: no provider sends them, and a small one can unfold to gigabytes.
 * Throws `media_type_unsupported`, `body_too_large`, `body_timeout` or `malformed_body`.
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<Bytes> {
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    throw new ProblemError("media_type_unsupported", "Cannot read body: compressed");
  }
  if (Number(request.headers.get("content-length") ?? 0) > limits.maxBytes) {
    throw tooLarge(limits.maxBytes);
  }
  if (!request.body) return new Uint8Array(0);
  if (isFramed(request.headers)) return await readFramed(request, limits);
  const reader = request.body.getReader();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    cancel(reader);
  }, limits.timeoutMs ?? TIMEOUT_MS);
  try {
    const body = await collect(reader, limits.maxBytes);
    if (late) throw new ProblemError("body_timeout", "Cannot read body: too slow");
    return body;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Whether the server itself ends the body where `Content-Length` says (RFC 9112 section 6). Then it is
 * read in one piece, which takes a third of the time of a stream.
 */
function isFramed(headers: Headers): boolean {
  return /^\d+$/.test(headers.get("content-length") ?? "") && !headers.has("transfer-encoding");
}

async function readFramed(request: Request, limits: BodyLimits): Promise<Bytes> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new ProblemError("body_timeout", "Cannot read body: too slow")),
    limits.timeoutMs ?? TIMEOUT_MS,
  );
  try {
    const body = new Uint8Array(await Promise.race([request.arrayBuffer(), late.promise]));
    if (body.length > limits.maxBytes) throw tooLarge(limits.maxBytes);
    return body;
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw cutShort();
  } finally {
    clearTimeout(timer);
  }
}

/** One buffer that doubles: a list of chunks would let one-byte chunks cost a hundredfold. */
async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<Bytes> {
  let buffer = new Uint8Array(Math.min(maxBytes, 16_384));
  let length = 0;
  while (true) {
    const { done, value } = await read(reader);
    if (done) return buffer.slice(0, length);
    if (length + value.length > maxBytes) {
      cancel(reader);
      throw tooLarge(maxBytes);
    }
    if (length + value.length > buffer.length) {
      const larger = new Uint8Array(
        Math.min(maxBytes, Math.max(2 * buffer.length, length + value.length)),
      );
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(value, length);
    length += value.length;
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch {
    throw cutShort();
  }
}

function cutShort(): ProblemError {
  return new ProblemError("malformed_body", "Cannot read body: cut short");
}

/** Not awaited: a sender that stalls would stall us. */
function cancel(reader: ReadableStreamDefaultReader<Uint8Array>): void {
  reader.cancel().catch(() => {});
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError("body_too_large", `Cannot read body: over ${maxBytes} bytes`);
}
