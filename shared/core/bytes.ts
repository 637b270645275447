/**
 * Bytes that `crypto.subtle` accepts on both compilers: TypeScript 6 wants `Uint8Array<ArrayBuffer>`,
 * TypeScript 5.6 (Deno 2.1.4) has no such parameter, and this names whichever is right.
 */
export type Bytes = ReturnType<TextEncoder["encode"]>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** UTF-8 bytes of `text`. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Text of UTF-8 `bytes`; throws `TypeError` where they are not valid UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Lower-case hexadecimal. `Uint8Array.prototype.toHex` is missing on Deno 2.1.4. */
export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/** Bytes of a hexadecimal string in either case; throws `TypeError` on anything else. */
export function fromHex(hex: string): Bytes {
  if (hex.length % 2 !== 0 || /[^0-9a-f]/i.test(hex)) {
    throw new TypeError("Cannot read hex: malformed");
  }
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = digit(hex.charCodeAt(2 * i)) << 4 | digit(hex.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** `0` to `9` are 0x30 on; letters of either case are 0x41 or 0x61 on. */
function digit(code: number): number {
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}

/** RFC 4648 section 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  // By a pattern, which gives a flat string: `replaceAll` of a word gives a tree of its parts (`flat`).
  return toBase64(bytes).replace(/[+/=]/g, (char) => URL_SAFE[char] ?? "");
}

const URL_SAFE: Readonly<Record<string, string>> = { "+": "-", "/": "_" };

/** Strict: no padding, no white space, no stray bits; throws `TypeError`. */
export function fromBase64Url(text: string): Bytes {
  if (/[^A-Za-z0-9_-]/.test(text)) throw new TypeError("Cannot read base64url: malformed");
  const bytes = fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  if (toBase64Url(bytes) !== text) throw new TypeError("Cannot read base64url: not canonical");
  return bytes;
}

/** RFC 4648 section 4, padded. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Standard alphabet, padding optional; throws `TypeError`. */
export function fromBase64(text: string): Bytes {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new TypeError("Cannot read base64: malformed");
  }
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
