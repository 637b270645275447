/** What Spike's answers share: tokens, times, spans, devices; quirks in `spike.ts`. */
import { z } from "zod";
import type { When } from "../catalog/normalized.ts";
import { toHex } from "../core/bytes.ts";
import { hmac } from "../core/crypto.ts";
import { Secret } from "../core/secret.ts";
import { addDays, localDateOf, SECOND, type Window } from "../core/time.ts";
import type { AccountRef, Ask, DriverContext } from "./driver.ts";
import { callProvider, readJson } from "./kit/http.ts";
import { present } from "./kit/measure.ts";
import { bearer } from "./kit/oauth2.ts";
import { span } from "./kit/when.ts";

const API = "https://app-api.spikeapi.com/v3";

/** 401 means that our HMAC key is wrong, and never that a person's grant is gone. */
export const SPIKE = {
  slug: "spike",
  hosts: [new URL(API).host],
  statuses: { 401: { kind: "rejected", status: 401 } },
} as const;

export const maybeNumber = z.number().nullish();
export const maybeText = z.string().nullish();

const signedIn = z.looseObject({ access_token: z.string().min(1) });

/** The person's token, for our signature over their id. Throws `ProviderError`. */
async function tokenOf(userId: string, ctx: DriverContext): Promise<Secret> {
  const { id, secret } = ctx.client;
  const body = JSON.stringify({
    // A number in the console, and a number to the API.
    application_id: /^\d{1,15}$/.test(id) ? Number(id) : id,
    application_user_id: userId,
    signature: toHex(hmac("SHA-256", secret.reveal(), userId)),
  });
  const headers = { "content-type": "application/json" };
  const request = new Request(`${API}/auth/hmac`, { method: "POST", headers, body });
  const { access_token } = await readJson(
    SPIKE,
    await callProvider(SPIKE, request, ctx),
    signedIn,
  );
  return new Secret(access_token);
}

/** Nobody's token is kept: nothing says how long one lives, and it opens all that Spike has of them. */
export async function authenticate(
  request: Request,
  { account }: { readonly account: AccountRef },
  ctx: DriverContext,
): Promise<Request> {
  const accessToken = await tokenOf(account.externalUserId, ctx);
  return bearer(SPIKE, request, { ...account, accessToken });
}

/** A call about the person's links. Throws `ProviderError`. */
export async function call(
  method: "GET" | "DELETE",
  path: string,
  userId: string,
  ctx: DriverContext,
): Promise<Response> {
  const request = new Request(`${API}${path}`, { method });
  const account = { externalUserId: userId };
  return await callProvider(SPIKE, await authenticate(request, { account }, ctx), ctx);
}

/** Days are the person's: one more on either side holds whatever their zone. Both ends are read. */
export function daysRequest(
  path: string,
  { window }: Ask,
  parameters: readonly (readonly [name: string, value: string])[],
): Request {
  return queryRequest(path, [
    ["from_date", addDays(localDateOf(window.from), -1)],
    ["to_date", addDays(localDateOf(window.to), 1)],
    ...parameters,
  ]);
}

/** Times are UTC, in whole seconds as in every example. */
export function timesRequest(
  path: string,
  { window }: { readonly window: Window },
  parameters: readonly (readonly [name: string, value: string])[] = [],
): Request {
  const text = (milliseconds: number) =>
    new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");
  return queryRequest(path, [
    ["from_timestamp", text(Math.floor(window.from.getTime() / SECOND) * SECOND)],
    ["to_timestamp", text(Math.ceil(window.to.getTime() / SECOND) * SECOND)],
    ...parameters,
  ]);
}

/** Lists are the same name again and again. */
function queryRequest(
  path: string,
  parameters: readonly (readonly [name: string, value: string])[],
): Request {
  const url = new URL(`${API}/queries/${path}`);
  for (const [name, value] of parameters) url.searchParams.append(name, value);
  return new Request(url);
}

/** What a sleep and a workout have alike. */
export const session = z.looseObject({
  record_id: maybeText,
  modified_at: maybeText,
  start_at_timestamp: z.string(),
  end_at_timestamp: maybeText,
  user_time_offset_minutes: maybeNumber,
  source: z.looseObject({
    device_manufacturer: maybeText,
    device_model: maybeText,
    device_product: maybeText,
  }).nullish(),
});
type Session = z.output<typeof session>;

/** The offset in a text is UTC's, and says nothing of the person's clock. */
export function spanOf(row: Session): (When & { readonly end: Date }) | undefined {
  const read = span(row.start_at_timestamp, row.end_at_timestamp);
  if (!read) return undefined;
  const { start, end } = read;
  return { start, end, ...present({ offsetMinutes: row.user_time_offset_minutes }) };
}

/** `Garmin Venu Sq` */
export function deviceOf({ source }: Session): { readonly device?: string } {
  const words = [source?.device_manufacturer, source?.device_product ?? source?.device_model]
    .filter((word) => word != null && word !== "");
  return words.length > 0 ? { device: words.join(" ") } : {};
}

/** Spike writes durations in milliseconds. */
export function secondsOf(milliseconds: number | null | undefined): number | undefined {
  return milliseconds == null ? undefined : milliseconds / SECOND;
}
