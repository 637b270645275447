import { z } from "zod";
import type { Page } from "../resource.ts";

/** Where a provider's envelope holds its rows, and the mark of the next page. */
export interface Envelope {
  /** Path of the array, dots between: `data`, `body.activities`. */
  readonly rows: string;
  readonly next?: string;
  /** What the envelope says of all rows: checked, and handed to each. */
  readonly about?: z.ZodType;
  /** An empty list is left out, as protocol buffers write JSON: `{}` is an empty page, and no row. */
  readonly sparse?: true;
}

/**
 * A list of `row`: in the provider's envelope, bare as an array, or one row by itself (a record
 * asked for by id), in the envelope's place or without one; nothing at all (204) is an empty page. Rows must not be transformed by `row`: they
 * are stored as they come, fields we do not know included.
 */
export function listOf<Row>(row: z.ZodType<Row>, envelope: Envelope): z.ZodType<Page<Row>> {
  const rows = z.array(row);
  const one = row.transform((alone) => [alone]);
  return z.unknown().transform((body, ctx): Page<Row> => {
    if (body === undefined || envelope.sparse && hasNoMember(body, envelope.next)) {
      const next = textAt(body, envelope.next);
      return { rows: [], ...(next === undefined ? {} : { next }) };
    }
    const listed = Array.isArray(body) ? body : at(body, envelope.rows);
    const inside = Array.isArray(body) ? [] : envelope.rows.split(".");
    const [schema, value, path] = listed === undefined
      ? [one, body, []]
      : [Array.isArray(listed) ? rows : one, listed, inside];
    const result = schema.safeParse(value);
    if (!result.success) {
      for (const issue of result.error.issues) {
        ctx.issues.push({ ...issue, input: undefined, path: [...path, ...issue.path] });
      }
      return z.NEVER;
    }
    const about = listed === body ? undefined : envelope.about?.safeParse(body).data;
    const next = textAt(body, envelope.next);
    return {
      rows: result.data,
      ...(listed === undefined ? { bare: true } : {}),
      ...(about === undefined ? {} : { about }),
      ...(next === undefined ? {} : { next }),
    };
  });
}

function hasNoMember(body: unknown, except: string | undefined): boolean {
  return typeof body === "object" && body !== null && !Array.isArray(body) &&
    Object.keys(body).every((name) => name === except);
}

function textAt(body: unknown, path: string | undefined): string | undefined {
  const value = path === undefined ? undefined : at(body, path);
  return typeof value === "string" && value !== "" || typeof value === "number"
    ? String(value)
    : undefined;
}

function at(body: unknown, path: string): unknown {
  let value = body;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    // SAFETY: `value` is an object that has `key`.
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** One or many: a body that some deliveries hold alone and others as an array. */
export function oneOrMany<T>(item: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z.unknown()
    .transform((body) => Array.isArray(body) ? body : [body])
    .pipe(z.array(item));
}
