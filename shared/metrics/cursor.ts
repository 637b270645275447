import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../core/bytes.ts";
import { ProblemError } from "../core/problems.ts";

/** Time with microseconds, as rows carry it. */
export const START = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
export const BIGINT = /^\d{1,18}$/;
export const INT = /^\d{1,9}$/;
export const SMALLINT = /^\d{1,4}$/;

/** A cursor is a place, not a permission: row security binds it to whoever sends it. */
export function writeCursor(parts: readonly string[]): string {
  return toBase64Url(utf8(JSON.stringify(parts)));
}

/** The parts of a cursor, each as its pattern wants it. Throws `invalid_request`. */
export function readCursor<const P extends readonly RegExp[]>(
  cursor: string,
  patterns: P,
): { readonly [K in keyof P]: string } {
  let parts: unknown;
  try {
    parts = JSON.parse(fromUtf8(fromBase64Url(cursor)));
  } catch {
    parts = undefined;
  }
  if (
    Array.isArray(parts) && parts.length === patterns.length &&
    patterns.every((pattern, index) => fits(pattern, parts[index]))
  ) return parts.map(String) as never; // as many as there are patterns
  throw new ProblemError("invalid_request", "Cannot read cursor: it is not one of ours");
}

function fits(pattern: RegExp, part: unknown): boolean {
  const text = String(part);
  return pattern.test(text) && (pattern !== START || !Number.isNaN(Date.parse(text)));
}
