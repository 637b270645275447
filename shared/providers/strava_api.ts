/** Strava's hosts, limits, and what its refusals mean; quirks in `strava.ts`. */
import { z } from "zod";
import { readText } from "./kit/http.ts";
import { untilReset } from "./kit/rate_limit.ts";

const QUARTER_HOUR = 900;
const DAY = 86_400;

const identity = { slug: "strava", hosts: ["www.strava.com", "api-v3.strava.com"] } as const;

const problem = z.looseObject({
  errors: z.array(z.looseObject({
    resource: z.string().nullish(),
    field: z.string().nullish(),
    code: z.string().nullish(),
  })),
});

/** Strava's own words for what went wrong; none where it is something else that answers. */
function faultsOf(text: string) {
  try {
    return problem.safeParse(JSON.parse(text)).data?.errors ?? [];
  } catch {
    return [];
  }
}

export const STRAVA = {
  ...identity,
  /** Two numbers a header, of the quarter of an hour and of the day; reading has a limit of its own. */
  retryAfter: untilReset([
    { limit: "x-ratelimit-limit", usage: "x-ratelimit-usage" },
    { limit: "x-readratelimit-limit", usage: "x-readratelimit-usage" },
  ], [QUARTER_HOUR, DAY]),
  /** A scope that is missing answers 401 like a dead token; a new token would not mend it. */
  async conform(response: Response): Promise<Response> {
    if (response.status !== 401) return response;
    const text = await readText(identity, response);
    const isMissing = faultsOf(text).some(({ code }) => code === "missing");
    return new Response(text, { status: isMissing ? 403 : 401, headers: response.headers });
  },
} as const;

/** Strava's token errors have no `error`: as RFC 6749 section 5.2 wants them. */
export async function conformTokenAnswer(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await readText(identity, response);
  const isGrant = faultsOf(text).some(({ field }) => field === "code" || field === "refresh_token");
  return isGrant
    ? Response.json({ error: "invalid_grant" }, { status: response.status })
    : new Response(text, { status: response.status, headers: response.headers });
}

export const STRAVA_API = "https://www.strava.com/api/v3";
/** How far back a fresh link reads: two years are some pages, and no more than a day's share. */
export const HISTORY_DAYS = 730;
