/** Withings' notifications, and each person's subscriptions; quirks in `withings.ts`. */
import { z } from "zod";
import { fromUtf8 } from "../core/bytes.ts";
import { addDays, DAY, SECOND, startOfLocalDate, type Window } from "../core/time.ts";
import type { AccountRef, DriverContext } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { callProvider, check, discard, readJson } from "./kit/http.ts";
import { bearer } from "./kit/oauth2.ts";
import { pathSecret } from "./kit/signature.ts";
import type { RawRequest, Webhook, WebhookEvent } from "./webhook.ts";
import { post, WITHINGS } from "./withings_api.ts";

/** What a category of notifications (`appli`) is about. */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  1: ["measures"],
  2: ["measures"],
  4: ["measures"],
  16: ["activity", "intraday", "workouts"],
  44: ["sleep_summary", "sleep_stages"],
  54: ["heart"],
};

/** The person's account: changed, unlinked or deleted. */
const USER = "46";

const second = z.string().regex(/^\d{1,10}$/);

const notification = z.looseObject({
  userid: z.string().regex(/^[\x21-\x7e]{1,256}$/),
  appli: z.string().min(1),
  startdate: second.optional(),
  enddate: second.optional(),
  date: z.string().optional(),
  action: z.string().optional(),
});

export const withingsWebhook: Webhook = {
  signedWith: "webhook",
  hasSecretPath: true,
  unproven: ["time", "body"],
  // The empty one is that of an address check by a POST with nothing in it.
  mediaTypes: ["application/x-www-form-urlencoded", ""],

  greet({ method, body }) {
    const isCheck = method === "HEAD" || method === "GET" || body.length === 0;
    return isCheck ? new Response(null, { status: 200 }) : undefined;
  },

  verifyWebhook: pathSecret(),

  /** Two equal ones may be two changes of one day. */
  deliveryKey: () => undefined,

  parseWebhook(request, { receivedAt }) {
    const news = read(request);
    const { userid, appli, action = "update" } = news;
    const about = { externalUserId: userid };
    if (appli === USER && action !== "update") return [{ ...about, kind: "revoked" }];
    const window = windowOf(news, receivedAt);
    return RESOURCES[appli]?.map((resource): WebhookEvent => ({
      ...about,
      kind: "notify",
      resource,
      action: "update",
      dataType: appli,
      window,
    })) ?? [{ ...about, kind: "ignored", type: `appli ${appli}` }];
  },

  subscribePerson,
};

function read({ body }: RawRequest): z.output<typeof notification> {
  let text: string;
  try {
    text = fromUtf8(body);
  } catch {
    throw new ProviderError(WITHINGS.slug, { kind: "contract", issues: ["body is not UTF-8"] });
  }
  return check(WITHINGS.slug, notification, Object.fromEntries(new URLSearchParams(text)));
}

/** The seconds it names, the last one included; else its day, else the day that ends now. */
function windowOf(
  { startdate, enddate, date }: z.output<typeof notification>,
  receivedAt: Date,
): Window {
  const from = Number(startdate ?? enddate) * SECOND;
  const to = (Number(enddate ?? startdate) + 1) * SECOND;
  if (from < to) return { from: new Date(from), to: new Date(to) };
  const day = z.iso.date().safeParse(date).data ?? receivedAt.toISOString().slice(0, 10);
  // Some clock shows that day for 50 hours, from UTC+14 to UTC-12.
  return { from: startOfLocalDate(day, 14 * 60), to: startOfLocalDate(addDays(day, 1), -12 * 60) };
}

const profiles = z.looseObject({
  body: z.looseObject({
    profiles: z.array(
      // The reference has no `expires` any more, and no end of a subscription; answers may have it.
      z.looseObject({
        appli: z.number(),
        callbackurl: z.string(),
        expires: z.number().nullish(),
      }),
    ),
  }),
});

/** Where an end is named: a fortnight leaves room for an outage of ours. */
const RENEW_WITHIN_SECONDS = 14 * DAY / SECOND;

/**
 * One subscription for each category, made with the person's token alone: what has a token is not signed.
 * Withings takes one away after four failed deliveries in a row, and tells nobody.
 */
async function subscribePerson(
  { callbackUrl, account }: { readonly callbackUrl: string; readonly account: AccountRef },
  ctx: DriverContext,
): Promise<void> {
  const call = (request: Request) =>
    callProvider(WITHINGS, bearer(WITHINGS, request, account), ctx);
  const listed = await readJson(WITHINGS, await call(post("/notify", "list", {})), profiles);
  const renewBefore = ctx.now().getTime() / SECOND + RENEW_WITHIN_SECONDS;
  const known = new Set(
    listed.body.profiles
      .filter(({ callbackurl, expires }) =>
        callbackurl === callbackUrl && (expires ?? Infinity) > renewBefore
      )
      .map(({ appli }) => String(appli)),
  );
  for (const appli of [...Object.keys(RESOURCES), USER].filter((one) => !known.has(one))) {
    await discard(await call(post("/notify", "subscribe", { callbackurl: callbackUrl, appli })));
  }
}
