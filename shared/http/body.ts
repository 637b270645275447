import type { Bytes } from "../core/bytes.ts";
import { ProblemError } from "../core/problems.ts";
import type { BodyRoom } from "./body_room.ts";

export interface BodyLimits {
  readonly maxBytes: number;
  /** For the whole body, so that a sender of one byte a second cannot hold a worker; default 10 s. */
  readonly timeoutMs?: number;
  /** Shared with the other bodies that are being read. */
  readonly room?: BodyRoom;
}

const TIMEOUT_MS = 10_000;
/** A body of so many bytes at most is read in one piece; the buffer of a larger one begins so. */
const PIECE = 16_384;

/**
 * The raw body, never more than `maxBytes` of it in memory whatever `Content-Length` says. Compressed
 * bodies are refused: no provider sends them, and a small one can unfold to gigabytes. Throws
 * `media_type_unsupported`, `body_too_large`, `body_timeout`, `malformed_body`, or `unavailable`.
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<Bytes> {
  const { headers } = request;
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new ProblemError("media_type_unsupported", "Cannot read body: compressed");
  }
  const length = headers.get("content-length") ?? "";
  if (Number(length) > limits.maxBytes) throw tooLarge(limits.maxBytes);
  if (/^\d{1,5}$/.test(length) && Number(length) <= PIECE && !headers.has("transfer-encoding")) {
    return await readPiece(request, Number(length), limits);
  }
  // Not asked for before: of a request whose body is read in one piece, it makes a stream.
  const { body } = request;
  return body ? await readStream(body.getReader(), limits) : new Uint8Array(0);
}

/**
 * A small body that the server itself ends where `Content-Length` says (RFC 9112 section 6), in a third
 * of the time of a stream. A large one is not read so: it takes room as it arrives, and so nobody fills
 * the room by announcing one.
 */
function readPiece(
  request: Request,
  length: number,
  { maxBytes, timeoutMs = TIMEOUT_MS, room }: BodyLimits,
): Promise<Bytes> {
  room?.take(length);
  // By hand: `Promise.race` and `finally` took twice the time.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(tooSlow()), timeoutMs);
    let ended = false;
    function end(body: ArrayBuffer | ProblemError): void {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      room?.give(length);
      if (body instanceof ProblemError) reject(body);
      else if (body.byteLength > maxBytes) reject(tooLarge(maxBytes));
      else resolve(new Uint8Array(body));
    }
    request.arrayBuffer().then(end, () => end(cutShort()));
  });
}

async function readStream(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { maxBytes, timeoutMs = TIMEOUT_MS, room }: BodyLimits,
): Promise<Bytes> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    cancel(reader);
  }, timeoutMs);
  const share = createShare(room);
  try {
    const body = await collect(reader, maxBytes, share);
    if (late) throw tooSlow();
    return body;
  } catch (error) {
    cancel(reader);
    throw error;
  } finally {
    clearTimeout(timer);
    share.giveBack();
  }
}

/** What one body has of the room. */
function createShare(room: BodyRoom | undefined) {
  let bytes = 0;
  return {
    grow(size: number) {
      room?.take(size - bytes);
      bytes = size;
    },
    giveBack: () => room?.give(bytes),
  };
}

/** One buffer that doubles: a list of chunks would let one-byte chunks cost a hundredfold. */
async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
  share: ReturnType<typeof createShare>,
): Promise<Bytes> {
  let buffer = new Uint8Array(0);
  let length = 0;
  while (true) {
    const { done, value } = await read(reader);
    if (done) return buffer.slice(0, length);
    const needed = length + value.length;
    if (needed > maxBytes) throw tooLarge(maxBytes);
    if (needed > buffer.length) {
      const size = Math.min(maxBytes, Math.max(PIECE, 2 * buffer.length, needed));
      share.grow(size);
      const larger = new Uint8Array(size);
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(value, length);
    length = needed;
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch {
    throw cutShort();
  }
}

/** Not awaited: a sender that stalls would stall us. */
function cancel(reader: ReadableStreamDefaultReader<Uint8Array>): void {
  reader.cancel().catch(() => {});
}

function tooSlow(): ProblemError {
  return new ProblemError("body_timeout", "Cannot read body: too slow");
}

function cutShort(): ProblemError {
  return new ProblemError("malformed_body", "Cannot read body: cut short");
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError("body_too_large", `Cannot read body: over ${maxBytes} bytes`);
}
