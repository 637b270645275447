/** Parts that several statements of a person's own data are made of. */
import type { Sql } from "./client.ts";

type Fragment = ReturnType<Sql>;

/** The person who asks: one lookup, whatever it is used for. */
export function userKey(sql: Sql): Fragment {
  return sql`(select p.user_key from raphael.people p where p.user_id = (select auth.uid()))`;
}

/**
 * Words without quotes or commas, as text that Postgres reads as an array. The driver can only write a
 * list where it knows the array's type, which it may not yet at a connection's first statement.
 */
export function arrayOf(words: readonly string[]): string {
  return `{${words.join(",")}}`;
}

/** The elements of an array in Postgres' text, none of which needs quotes. */
export function elementsOf(text: string): readonly string[] {
  return text.slice(1, -1).split(",");
}

/** Ids of catalog codes. As an array, so that each is a stretch of one index and none is sorted. */
export function metricIds(sql: Sql, codes: readonly string[]): Fragment {
  return sql`array(select m.id from raphael.metrics m where m.code = any (${
    arrayOf(codes)
  }::text[]))`;
}

/** ISO 8601 in UTC with microseconds. */
export function iso(sql: Sql, column: Fragment): Fragment {
  return sql`pg_catalog.to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** Milliseconds since 1970. */
export function milliseconds(sql: Sql, column: Fragment): Fragment {
  return sql`(pg_catalog.date_part('epoch', ${column}) * 1000)`;
}

/** Which of a person's sources are wanted. */
export interface SourceFilter {
  readonly provider?: string;
  /** An id of `raphael.sources`. */
  readonly source?: number;
}

/** `and …`, for rows whose `source_id` is in `column`; nothing where all are wanted. */
export function ofSources(
  sql: Sql,
  column: Fragment,
  { provider, source }: SourceFilter,
): Fragment {
  return sql`
    ${source === undefined ? sql`` : sql`and ${column} = ${source}`}
    ${
    provider === undefined ? sql`` : sql`
      and ${column} = any (array(
        select src.id from raphael.sources src
        join raphael.provider_accounts a on a.id = src.account_id
        where src.user_key = ${userKey(sql)} and a.provider = ${provider}
      ))`
  }`;
}
