import type { Context } from "hono";
import type { z } from "zod";
import { parseJson } from "../core/json.ts";
import { ProblemError } from "../core/problems.ts";
import { readBody } from "./body.ts";
import { requireMediaType } from "./media_type.ts";

/** The largest request of ours is a list of metric names. */
const MAX_BYTES = 64 * 1024;

/** What the platform or its client may append to any URL. */
const IGNORED_KEYS = new Set(["forceFunctionRegion", "apikey"]);

/** Body as JSON, checked; no body counts as `{}`, because `functions.invoke` posts without one. */
export async function readJson<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  const body = await readBody(c.req.raw, { maxBytes: MAX_BYTES });
  if (body.length === 0) return check(schema, {}, "body");
  requireMediaType(c.req.raw.headers);
  return check(schema, parseJson(body), "body");
}

/** Query, checked. A key given twice is refused: two readers would believe two different values. */
export function readQuery<T extends z.ZodType>(c: Context, schema: T): z.output<T> {
  const values = new Map<string, string>();
  for (const [key, value] of new URL(c.req.url).searchParams) {
    if (IGNORED_KEYS.has(key)) continue;
    if (values.has(key)) {
      throw new ProblemError("invalid_request", "Cannot read query: a key is given twice");
    }
    values.set(key, value);
  }
  return check(schema, Object.fromEntries(values), "query");
}

/** What is there of a query: with `exactOptionalPropertyTypes` absent and undefined are two things. */
export type Given<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

export function given<T extends object>(query: T): Given<T> {
  // SAFETY: every member that was undefined is gone.
  return Object.fromEntries(
    Object.entries(query).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}

function check<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 3).map((issue) => {
    const path = issue.path.join(".");
    return `${path ? `"${path}": ` : ""}${issue.message}`.slice(0, 160);
  });
  throw new ProblemError("invalid_request", `Cannot read ${where}: ${issues.join("; ")}`);
}
