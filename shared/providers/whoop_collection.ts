/** What WHOOP's collections share: addresses, limits, scores, times; quirks in `whoop.ts`. */
import { z } from "zod";
import type { When } from "../catalog/normalized.ts";
import { convert, type Reading } from "../catalog/units.ts";
import { parseInstant, parseOffset } from "../core/time.ts";
import type { Ask } from "./driver.ts";
import { pathSegment } from "./kit/http.ts";
import { listOf } from "./kit/page.ts";
import { untilReset } from "./kit/rate_limit.ts";
import type { RecordRef, Resource } from "./resource.ts";

export const WHOOP = {
  slug: "whoop",
  hosts: ["api.prod.whoop.com"],
  retryAfter: untilReset([{ reset: "x-ratelimit-reset" }]),
} as const;

export const WHOOP_API = "https://api.prod.whoop.com/developer";
/** No limit is documented; the app's 10,000 requests a day are what ends it. */
export const HISTORY_DAYS = 730;
/** The most that a page may hold; the default is 10. */
const PAGE_ROWS = 25;

export const maybeNumber = z.number().nullish();
export const maybeText = z.string().nullish();

/** What all records share. Without `SCORED` there is no score, whatever else the record holds. */
export const scored = { score_state: maybeText, updated_at: maybeText };

/** Name, addresses and envelope of a collection. */
export function collection<Row>(name: string, path: string, row: z.ZodType<Row>) {
  return {
    name,
    page: listOf(row, { rows: "records", next: "next_token" }),
    request: ({ window, cursor }: Ask) => {
      const url = new URL(`${WHOOP_API}${path}`);
      url.searchParams.set("limit", String(PAGE_ROWS));
      url.searchParams.set("start", window.from.toISOString());
      url.searchParams.set("end", window.to.toISOString());
      if (cursor !== undefined) url.searchParams.set("nextToken", cursor);
      return new Request(url);
    },
  } satisfies Partial<Resource<Row, never>>;
}

export function requestById(path: string) {
  return ({ recordId }: { readonly recordId: string }): Request =>
    new Request(`${WHOOP_API}${path}/${pathSegment(WHOOP, recordId)}`);
}

/** A record under `id`, as old as its `updated_at`. */
export function versioned(
  id: string | number,
  row: { readonly updated_at?: string | null | undefined },
): RecordRef {
  const at = parseInstant(row.updated_at ?? "");
  return { id: String(id), ...(at ? { version: at.instant } : {}) };
}

/** The score, where WHOOP stands by it. Documents that name no state are taken at their word. */
export function scoreOf<Score>(
  row: { readonly score_state?: string | null | undefined; readonly score?: Score | null },
): Score | undefined {
  return (row.score_state ?? "SCORED") === "SCORED" ? row.score ?? undefined : undefined;
}

interface Timed {
  readonly start: string;
  readonly end?: string | null | undefined;
  readonly timezone_offset?: string | null | undefined;
}

/** Instants are UTC and say nothing of the person's clock: `timezone_offset` alone does. */
export function timeOf(row: Timed): When | undefined {
  const start = parseInstant(row.start)?.instant;
  const end = row.end == null ? undefined : parseInstant(row.end)?.instant;
  if (!start || (row.end != null && !end)) return undefined;
  const offsetMinutes = parseOffset(row.timezone_offset ?? "");
  return {
    start,
    ...(end ? { end } : {}),
    ...(offsetMinutes === undefined ? {} : { offsetMinutes }),
  };
}

export function secondsOf(milliseconds: Reading): number | undefined {
  return milliseconds == null ? undefined : convert(milliseconds, "ms", "s");
}
