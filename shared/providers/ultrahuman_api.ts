/** Ultrahuman's hosts, the status inside, the person's clock; quirks in `ultrahuman.ts`. */
import { z } from "zod";
import type { When } from "../catalog/normalized.ts";
import { DAY, localDateOf, MINUTE, offsetIn, SECOND } from "../core/time.ts";
import { readText } from "./kit/http.ts";
import { innerStatus } from "./kit/inner_status.ts";
import type { NormaliseContext } from "./resource.ts";

const identity = { slug: "ultrahuman", hosts: ["partner.ultrahuman.com", "auth.ultrahuman.com"] };

const byInnerStatus = innerStatus(
  identity,
  (status) => status < 200 || status > 599 ? 200 : status,
);

export const ULTRAHUMAN = {
  ...identity,
  /** 403 without a word is a person without a ring, or who shares nothing: there is nothing to read. */
  async conform(response: Response): Promise<Response> {
    if (response.status !== 403) return byInnerStatus(response);
    const { status, headers } = response;
    const text = await readText(identity, response);
    return text === ""
      ? new Response(null, { status: 204 })
      : new Response(text, { status, headers });
  },
} as const;

export const ULTRAHUMAN_API = "https://partner.ultrahuman.com/api/partners";

export const maybeNumber = z.number().nullish();

/** What the page knows of the person's clock: local midnight, as one of its entries tells it. */
export const clock = z.object({ midnight: z.number() });

export type Instant = When & { readonly localDate: string };

/** Local midnight, and the day that it begins: by the zone, else it is the midnight within 12 hours. */
export function dayAt(midnight: number, { timeZone }: NormaliseContext): Instant {
  const start = new Date(midnight * SECOND);
  const offset = timeZone === undefined ? undefined : offsetIn(timeZone, start);
  const nearest = localDateOf(new Date(start.getTime() + DAY / 2));
  const offsetMinutes = offset ?? (Date.parse(nearest) - start.getTime()) / MINUTE;
  return { start, offsetMinutes, localDate: localDateOf(start, offsetMinutes) };
}

/** An instant on the person's clock, where the zone or the page's midnight tells it. */
export function timeAt(second: number, context: NormaliseContext): When {
  const start = new Date(second * SECOND);
  const { timeZone } = context;
  const midnight = clock.safeParse(context.about).data?.midnight;
  const offsetMinutes = (timeZone === undefined ? undefined : offsetIn(timeZone, start)) ??
    (midnight === undefined ? undefined : dayAt(midnight, {}).offsetMinutes);
  return { start, ...(offsetMinutes === undefined ? {} : { offsetMinutes }) };
}
