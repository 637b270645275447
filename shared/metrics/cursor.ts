import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../core/bytes.ts";
import { ProblemError } from "../core/problems.ts";
import { parseInstant } from "../core/time.ts";

/** What a part of a cursor may be: whatever else the database would call an error of ours. */
type Part = (text: string) => boolean;

/** Time with microseconds, as rows carry it. */
export const START: Part = (text) => {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text)) return false;
  return text >= "1900" && parseInstant(text) !== undefined;
};
export const BIGINT: Part = (text) => /^\d{1,18}$/.test(text);
export const INT: Part = (text) => /^\d{1,10}$/.test(text) && Number(text) < 2 ** 31;
export const SMALLINT: Part = (text) => /^\d{1,5}$/.test(text) && Number(text) < 2 ** 15;
/** The one character that no text of the database holds. */
export const TEXT: Part = (text) => !text.includes("\u0000");

/** A cursor is a place, not a permission: row security binds it to whoever sends it. */
export function writeCursor(parts: readonly string[]): string {
  return toBase64Url(utf8(JSON.stringify(parts)));
}

/** The parts of a cursor, each as it has to be. Throws `invalid_request`. */
export function readCursor<const P extends readonly Part[]>(
  cursor: string,
  parts: P,
): { readonly [K in keyof P]: string } {
  let read: unknown;
  try {
    read = JSON.parse(fromUtf8(fromBase64Url(cursor)));
  } catch {
    read = undefined;
  }
  if (Array.isArray(read) && read.length === parts.length) {
    const texts = read.map(String);
    // SAFETY: as many as there are parts.
    if (parts.every((fits, n) => fits(texts[n] ?? ""))) return texts as never;
  }
  throw new ProblemError("invalid_request", "Cannot read cursor: it is not one of ours");
}
