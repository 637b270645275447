/** What Oura's collections share: addresses, dates, series; quirks in `oura.ts`. */
import { z } from "zod";
import { addDays, DAY, localDateOf } from "../core/time.ts";
import type { Ask } from "./driver.ts";
import { pathSegment } from "./kit/http.ts";
import { listOf } from "./kit/page.ts";
import type { Resource } from "./resource.ts";

export const OURA = {
  slug: "oura",
  hosts: ["api.ouraring.com", "cloud.ouraring.com"],
} as const;

export const OURA_API = "https://api.ouraring.com";
const COLLECTION = `${OURA_API}/v2/usercollection`;

/** What all documents share; rows stay loose, they are stored as they come. */
export const identified = { id: z.string() };
export const maybeNumber = z.number().nullish();
export const maybeText = z.string().nullish();

/** A series: `items[i]` holds for `timestamp + i * interval` seconds; null where the ring saw nothing. */
export const sample = z.looseObject({
  interval: z.number().positive(),
  items: z.array(z.number().nullable()),
  timestamp: z.string(),
}).nullish();

/** Name, addresses and identity of a collection of documents; `path` where it is not the name. */
export function collection<Row extends { readonly id: string }>(
  name: string,
  row: z.ZodType<Row>,
  path = name,
) {
  return {
    name,
    aliases: [
      `GET /v2/usercollection/${path}`,
      `GET /v2/usercollection/${path}/{document_id}`,
      name,
    ],
    page: listOf(row, { rows: "data", next: "next_token" }),
    record: ({ id }: Row) => ({ id }),
    request: (ask: Ask) => get(path, ask, { start_date: firstDay(ask), end_date: dayAfter(ask) }),
    requestOne: ({ recordId }) =>
      new Request(`${COLLECTION}/${path}/${pathSegment(OURA, recordId)}`),
  } satisfies Partial<Resource<Row, never>>;
}

export function get(path: string, ask: Ask, query: Readonly<Record<string, string>>): Request {
  const url = new URL(`${COLLECTION}/${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  if (ask.cursor !== undefined) url.searchParams.set("next_token", ask.cursor);
  return new Request(url);
}

/** Days are the person's own, whose clock we do not know: the window grows by a day on each side. */
function firstDay({ window }: Ask): string {
  return addDays(localDateOf(window.from), -1);
}

/** One more than the last day: some collections take `end_date` as the first day left out. */
function dayAfter({ window }: Ask): string {
  return localDateOf(new Date(window.to.getTime() - 1 + 2 * DAY));
}
