import { fromUtf8 } from "./bytes.ts";
import { ProblemError } from "./problems.ts";

export interface JsonLimits {
  /** Nesting of arrays and objects; default 32, four times what any provider documents. */
  readonly maxDepth?: number;
}

/**
 * Reads JSON that a stranger sent, stricter than `JSON.parse`, for about the cost of one more scan:
 *
 * - not UTF-8, not JSON, deeper than `maxDepth`: refused;
 * - one member named twice: refused, because two readers would believe two different values;
 * - `\u0000` and lone surrogates: refused, because `jsonb` can store neither and a retry would not help;
 * - numbers beyond the double range (`1e999`): refused rather than read as Infinity;
 * - integers beyond 2^53: their digits as a string, because such a number is an id;
 * - `__proto__` is an ordinary member.
 *
 * Size is the caller's to cap. Throws `ProblemError` `malformed_body`, whose message quotes nothing.
 */
export function parseJson(body: Uint8Array | string, limits: JsonLimits = {}): unknown {
  const text = typeof body === "string" ? body : decode(body);
  const shape = scan(text, limits.maxDepth ?? 32);
  const value = parse(text, shape.hasLongDigits);
  const members = countMembers(value, text.includes("\\u"));
  if (members !== shape.members) refuse("a member is named twice");
  return value;
}

function refuse(reason: string): never {
  throw new ProblemError("malformed_body", `Cannot read JSON: ${reason}`);
}

function decode(body: Uint8Array): string {
  try {
    return fromUtf8(body);
  } catch {
    return refuse("not UTF-8");
  }
}

interface Shape {
  /** Members written, counted by their colons; fewer in the parsed value means one came twice. */
  readonly members: number;
  /** A run of 16 or more digits outside strings: perhaps an integer beyond 2^53. */
  readonly hasLongDigits: boolean;
}

/** Looks at what lies outside strings. Knows no grammar: text that is not JSON fails in `JSON.parse`. */
function scan(text: string, maxDepth: number): Shape {
  let members = 0;
  let depth = 0;
  let digits = 0;
  let hasLongDigits = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) {
      if (++digits === 16) hasLongDigits = true;
      continue;
    }
    digits = 0;
    if (code === 0x22) i = endOfString(text, i);
    else if (code === 0x3a) members++;
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > maxDepth) refuse(`nested deeper than ${maxDepth}`);
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return { members, hasLongDigits };
}

/** Index of the quote that closes the string opened at `start`. `indexOf` is what makes this fast. */
function endOfString(text: string, start: number): number {
  let end = start;
  while (true) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

function parse(text: string, hasLongDigits: boolean): unknown {
  try {
    return hasLongDigits ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch {
    return refuse("not JSON");
  }
}

/** The third argument is ES2025 (V8 11.4 and later): the compilers' libraries do not know it yet. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? source : value;
}

/** Members in `value`, which `scan` has shown to be shallow. Refuses what cannot be stored. */
function countMembers(value: unknown, hasEscapes: boolean): number {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) refuse("a number is out of range");
      return 0;
    case "string":
      if (hasEscapes) refuseUnstorable(value);
      return 0;
    case "object":
      break;
    default:
      return 0;
  }
  if (value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += countMembers(item, hasEscapes);
    return members;
  }
  // SAFETY: an object that is no array. `Object.entries` took twice the time; the members of what was
  // just parsed are its own.
  const object = value as Record<string, unknown>;
  for (const key in object) {
    if (hasEscapes) refuseUnstorable(key);
    members += 1 + countMembers(object[key], hasEscapes);
  }
  return members;
}

function refuseUnstorable(text: string): void {
  if (text.includes("\0")) refuse("text holds a null character");
  if (!text.isWellFormed()) refuse("text holds half a surrogate pair");
}
