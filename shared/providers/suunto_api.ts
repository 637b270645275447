/** Suunto's hosts, keys, and what its gateway's refusals mean; quirks in `suunto.ts`. */
import { z } from "zod";
import type { Quarantine } from "../catalog/normalized.ts";
import type { Reading } from "../catalog/units.ts";
import type { Ask, DriverContext } from "./driver.ts";
import { readText } from "./kit/http.ts";
import { bearer } from "./kit/oauth2.ts";
import { claimsOf } from "./kit/token_claims.ts";

const identity = { slug: "suunto", hosts: ["cloudapi.suunto.com", "cloudapi-oauth.suunto.com"] };

export const SUUNTO = {
  ...identity,
  /**
   * Azure's gateway answers before Suunto does. A key that is missing or wrong is 401 as a dead token
   * is, and no new token would mend it; a quota that is used up is 403, and passes.
   * @see https://learn.microsoft.com/azure/api-management/quota-policy
   */
  async conform(response: Response): Promise<Response> {
    if (response.status !== 401 && response.status !== 403) return response;
    const text = await readText(identity, response);
    const isKey = response.status === 401 && /subscription key/i.test(text);
    const isQuota = response.status === 403 && /\bquota\b/i.test(text);
    const status = isKey ? 403 : isQuota ? 429 : response.status;
    return new Response(text, { status, headers: response.headers });
  },
} as const;

export const SUUNTO_API = "https://cloudapi.suunto.com";
/** What one answer of a day's or a night's samples may span. */
export const WINDOW_DAYS = 28;
/** No end is documented; seven windows of samples are what a quota of 200 calls a week bears. */
export const HISTORY_DAYS = 7 * WINDOW_DAYS;

export const maybeNumber = z.number().nullish();
export const maybeText = z.string().nullish();

/** The person by their token, the app by its subscription. */
export function authenticate(request: Request, { account }: Ask, ctx: DriverContext): Request {
  const authenticated = bearer(SUUNTO, request, account);
  const { apiKey } = ctx.client;
  if (!apiKey) return authenticated;
  const headers = new Headers(authenticated.headers);
  headers.set("ocp-apim-subscription-key", apiKey.reveal());
  return new Request(authenticated, { headers });
}

const claims = z.looseObject({ user: maybeText, sub: maybeText });

/** The user name that webhooks go by: beside the token, or in it. */
export const externalUserId = z.looseObject({ user: maybeText, access_token: z.string() })
  .transform(({ user, access_token }) => {
    const token = claimsOf(access_token, claims);
    return user ?? token?.user ?? token?.sub ?? undefined;
  });

/** A pulse or a variability of 0 is none: the sensor was off. */
export function sensed(reading: Reading): number | undefined {
  return reading == null || reading === 0 ? undefined : reading;
}

/** One quarantine for each of `readings` that `sensed` leaves out. */
export function* notSensed(...readings: readonly Reading[]): Generator<Quarantine, void> {
  for (const reading of readings) {
    if (reading === 0) yield { kind: "quarantine", reason: "sentinel" };
  }
}
