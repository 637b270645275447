/** What Withings' calls share: forms, statuses inside, signatures; quirks in `withings.ts`. */
import { z } from "zod";
import { toHex } from "../core/bytes.ts";
import { hmac } from "../core/crypto.ts";
import { parseJson } from "../core/json.ts";
import { addDays, localDateOf, offsetIn, SECOND } from "../core/time.ts";
import type { When } from "../catalog/normalized.ts";
import type { Ask, DriverContext } from "./driver.ts";
import { callProvider, discard, readJson, readText } from "./kit/http.ts";
import { innerStatus } from "./kit/inner_status.ts";
import { listOf } from "./kit/page.ts";
import type { Page } from "./resource.ts";

const IDENTITY = {
  slug: "withings",
  hosts: ["wbsapi.withings.net", "account.withings.com"],
} as const;

/** Every answer is 200; what it means is its `status`. */
export const WITHINGS = { ...IDENTITY, conform: innerStatus(IDENTITY, httpStatus) } as const;

export const WITHINGS_API = "https://wbsapi.withings.net";

/** Inner statuses as the reference lists them. */
const AUTHENTICATION = statuses("100-102 200 401");
const UNAUTHORIZED = statuses("214 277 2553 2555");
const INVALID_PARAMETERS = statuses(
  "201-213 216-218 220-221 223 225 227-230 234-236 238 240-252 254 260-267 271-272 275-276 " +
    "283-288 290 293-295 297 300-304 321 323-353 380-382 400 501-511 523 532 3017-3019",
);

function statuses(list: string): (status: number) => boolean {
  const ranges = list.split(" ").map((range) => range.split("-").map(Number));
  return (status) => ranges.some(([low = NaN, high = low]) => status >= low && status <= high);
}

/** The HTTP status that says what an inner one means; what no list has is "an error occurred". */
function httpStatus(inner: number): number {
  if (inner === 0) return 200;
  if (AUTHENTICATION(inner)) return 401;
  if (UNAUTHORIZED(inner)) return 403;
  if (inner === 601) return 429;
  if (inner === 2554) return 404;
  return INVALID_PARAMETERS(inner) || inner === 524 ? 400 : 503;
}

const conformData = innerStatus(IDENTITY, httpStatus);

/** The token answer as RFC 6749 has it: the tokens are in `body`, and a refusal has no word of its own. */
export async function conformTokens(response: Response): Promise<Response> {
  if (!response.ok) return response;
  const answer = await conformData(response);
  if (answer.status === 400 || answer.status === 401) {
    await discard(answer);
    return Response.json({ error: "invalid_grant" }, { status: 400 });
  }
  if (!answer.ok) return answer;
  const text = await readText(IDENTITY, answer);
  return new Response(tokensIn(text) ?? text, answer);
}

const enveloped = z.looseObject({ status: z.literal(0), body: z.looseObject({}) });

function tokensIn(text: string): string | undefined {
  try {
    const tokens = enveloped.safeParse(parseJson(text)).data?.body;
    return tokens && JSON.stringify(tokens);
  } catch {
    return undefined;
  }
}

type Parameters = Readonly<Record<string, string | number>>;

/** A call: all of them are forms, and `action` says which one it is. */
export function post(path: string, action: string, parameters: Parameters): Request {
  const body = new URLSearchParams({ action });
  for (const [name, value] of Object.entries(parameters)) body.set(name, String(value));
  return new Request(`${WITHINGS_API}${path}`, { method: "POST", body });
}

/** The window in seconds, for what is asked by instants. */
export function instants({ window, cursor }: Ask): Parameters {
  return {
    startdate: Math.floor(window.from.getTime() / SECOND),
    enddate: Math.ceil(window.to.getTime() / SECOND),
    ...(cursor === undefined ? {} : { offset: cursor }),
  };
}

/** What costs a request for each day is read so far back: a year of it would take the app minutes. */
export const DETAIL_DAYS = 14;

const DAY_SECONDS = 86_400;

/** One day of the window at a time: of a longer one the answer would hold the first 24 hours. */
export function oneDay({ window, cursor }: Ask): { startdate: number; enddate: number } {
  const startdate = cursor === undefined
    ? Math.floor(window.from.getTime() / SECOND)
    : Number(cursor);
  const end = Math.ceil(window.to.getTime() / SECOND);
  return { startdate, enddate: Math.min(startdate + DAY_SECONDS, end) };
}

export function nextDay(_page: unknown, ask: Ask): string | undefined {
  const { enddate } = oneDay(ask);
  return enddate * SECOND < ask.window.to.getTime() ? String(enddate) : undefined;
}

/** The window in days of the person, whose clock is not known: it grows by one on each side. */
export function days({ window, cursor }: Ask): Parameters {
  return {
    startdateymd: addDays(localDateOf(window.from), -1),
    enddateymd: addDays(localDateOf(window.to), 1),
    ...(cursor === undefined ? {} : { offset: cursor }),
  };
}

export const maybeNumber = z.number().nullish();
export const maybeText = z.string().nullish();

const envelope = z.looseObject({
  body: z.looseObject({
    timezone: maybeText,
    more: z.union([z.boolean(), z.number()]).nullish(),
    offset: maybeNumber,
  }),
});

/** The list `body.<rows>`, with what the envelope says of zone and next page. */
export function listIn<Row>(rows: string, row: z.ZodType<Row>): z.ZodType<Page<Row>> {
  return listOf(row, { rows: `body.${rows}`, about: envelope });
}

/** Where the next page begins: `more` is a number here and a boolean there. */
export function nextOffset({ about }: Page<unknown>): string | undefined {
  const body = envelope.safeParse(about).data?.body;
  return body?.more && body.offset != null ? String(body.offset) : undefined;
}

/** The zone of all rows, where the envelope names it. */
export function zoneIn(about: unknown): string | undefined {
  return envelope.safeParse(about).data?.body.timezone ?? undefined;
}

/** An instant in seconds since 1970, on a clock of `zone` where an answer names one; who stores it knows the person's. */
export function timeAt(seconds: number, zone?: string | null): When {
  const start = new Date(seconds * SECOND);
  const offsetMinutes = zone ? offsetIn(zone, start) : undefined;
  return { start, ...(offsetMinutes === undefined ? {} : { offsetMinutes }) };
}

export function versionOf(modified: number | null | undefined) {
  return modified == null ? {} : { version: new Date(modified * SECOND) };
}

const nonceAnswer = z.looseObject({ body: z.looseObject({ nonce: z.string().min(1) }) });

/** What proves that the app itself asks: a nonce that is good for one call, signed with its secret. */
export async function signed(action: string, ctx: DriverContext): Promise<Parameters> {
  const timestamp = Math.floor(ctx.now().getTime() / SECOND);
  const ask = post("/v2/signature", "getnonce", {
    client_id: ctx.client.id,
    timestamp,
    signature: sign(ctx, "getnonce", timestamp),
  });
  const { body: { nonce } } = await readJson(
    WITHINGS,
    await callProvider(WITHINGS, ask, ctx),
    nonceAnswer,
  );
  return { client_id: ctx.client.id, nonce, signature: sign(ctx, action, nonce) };
}

/** Values in the order of their names: `action`, `client_id`, then `nonce` or `timestamp`. */
function sign({ client }: DriverContext, action: string, last: string | number): string {
  return toHex(hmac("SHA-256", client.secret.reveal(), `${action},${client.id},${last}`));
}
