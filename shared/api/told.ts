import type { z } from "zod";

/**
 * What the schema of an answer describes, as code hands it over: nothing of it is changed. No function
 * checks its own answers by it; the tests do, against docs/openapi.json.
 */
export type Told<T extends z.ZodType> = Immutable<z.output<T>>;

type Immutable<T> = T extends readonly (infer E)[] ? readonly Immutable<E>[]
  : T extends object ? { readonly [K in keyof T]: Immutable<T[K]> }
  : T;

/** The envelope of an answer. */
export function told<T>(data: T) {
  return { success: true, data } as const;
}

/** The envelope of a list that goes on. */
export function toldPage<T>(
  page: { readonly rows: readonly T[]; readonly nextCursor?: string },
  limit: number,
) {
  const meta = { limit, nextCursor: page.nextCursor ?? null };
  return { ...told(page.rows), meta } as const;
}
