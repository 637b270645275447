/**
 * Terra, API v2: an aggregator. One connection is one Terra user, which is one wearable of one person.
 *
 * Quirks
 * - No OAuth and no tokens: the person links on Terra's page, and every call carries our developer id
 *   and key. So 401 and 403 mean that ours are wrong, and never that a person's grant is gone.
 * - The way back from the page carries `user_id` in the open: `/userInfo` is asked whose it is.
 * - Data is pushed. `GET /daily` and its kin answer only that they will send (`to_webhook`), and leave
 *   samples out unless asked. Asked for more than a month they come in chunks of up to 10 MB.
 * - A destination set to Amazon S3 sends `s3_payload` with an address for five minutes: not followed,
 *   it would let a webhook name what we fetch. Set the destination to webhooks.
 * - Activities and sleeps are identified by `summary_id`, which some lack; everything else by the
 *   first ten characters of `start_time`. `upload_type` 4 deletes a day or an activity; in sleep it
 *   is another enumeration.
 * - A linked account that links again has a new id: `user_reauth` names both.
 * - Times without a zone are local, unless `timestamp_localization` is 0; then `+00:00` is UTC and
 *   tells nothing of the person's clock.
 * - Samples of steps, distance, floors and (it seems) calories are running totals of the payload, no
 *   counts of their own: they stay in raw, and the totals are read. All `day_avg_*` restate the
 *   samples beside them and stay there too, but for glucose, whose mean is a metric.
 * - Oxygen samples of type 1 are muscle, not blood. Negative stress levels are Garmin's "no reading".
 * - `data_enrichment` holds Terra's own scores, null in most deliveries, which would erase them: left
 *   in raw. So are `time_in_range`, whose unit nobody states, and running cadence, whose "rpm" may be
 *   strides or steps.
 * - `athlete` is name, e-mail and birthday, and no metric: it is not kept. Nor are hormones, symptoms
 *   and laboratory reports, which the catalog has no metric for.
 * - Glucose comes without its method; trend arrows and sensor figures beside it say it is a sensor's.
 *
 * @see https://docs.tryterra.co
 * @see https://github.com/tryterra/openapi
 * @see https://github.com/tryterra/agent-skills
 */
import { z } from "zod";
import { addDays, localDateOf } from "../core/time.ts";
import { defineProvider } from "./define.ts";
import type { Ask, DriverContext } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { discard, failureOf, readJson, send } from "./kit/http.ts";
import type { WidgetLink } from "./link.ts";
import { activity } from "./terra_activity.ts";
import { body } from "./terra_body.ts";
import { daily } from "./terra_daily.ts";
import { menstruation } from "./terra_menstruation.ts";
import { nutrition } from "./terra_nutrition.ts";
import { maybeText } from "./terra_samples.ts";
import { sleep } from "./terra_sleep.ts";
import { scopesOf, terraWebhook } from "./terra_webhook.ts";

const API = "https://access.tryterra.co/api/v2";
const TERRA = { slug: "terra", hosts: ["access.tryterra.co", "widget.tryterra.co"] } as const;
const RESOURCES = [daily, sleep, activity, body, nutrition, menstruation];

/** Calls Terra with our own credentials. Throws `ProviderError`. */
async function call(
  method: "GET" | "POST" | "DELETE",
  path: string,
  ctx: DriverContext,
  options: { readonly query?: Record<string, string>; readonly json?: unknown } = {},
): Promise<Response> {
  const url = new URL(`${API}${path}`);
  for (const [name, value] of Object.entries(options.query ?? {})) {
    url.searchParams.set(name, value);
  }
  const request = new Request(url, {
    method,
    headers: {
      "dev-id": ctx.client.id,
      "x-api-key": ctx.client.secret.reveal(),
      ...(options.json === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
  });
  const response = await send(TERRA, request, ctx);
  const failure = failureOf(response, ctx.now());
  if (!failure) return response;
  await discard(response);
  throw new ProviderError(
    TERRA.slug,
    failure.kind === "reauthorize" ? { kind: "rejected", status: response.status } : failure,
  );
}

/** The person is sent nowhere else. */
const session = z.looseObject({
  url: z.url({ protocol: /^https$/, hostname: /^widget\.tryterra\.co$/ }),
});
const userInfo = z.looseObject({
  is_authenticated: z.boolean().nullish(),
  user: z.looseObject({ user_id: z.string(), reference_id: maybeText, scopes: maybeText }),
});

const acknowledgement = z.looseObject({ status: z.literal("success") });

const link: WidgetLink = {
  kind: "widget",

  async openSession({ reference, returnUrl }, ctx) {
    const json = {
      reference_id: reference,
      language: "en",
      auth_success_redirect_url: returnUrl,
      auth_failure_redirect_url: returnUrl,
    };
    const response = await call("POST", "/auth/generateWidgetSession", ctx, { json });
    return new URL((await readJson(TERRA, response, session)).url);
  },

  async confirm({ reference, callback }, ctx) {
    const userId = callback.get("user_id");
    if (!userId) throw mismatch();
    const response = await call("GET", "/userInfo", ctx, { query: { user_id: userId } });
    const { user, is_authenticated } = await readJson(TERRA, response, userInfo);
    const isOurs = user.user_id === userId && user.reference_id === reference &&
      is_authenticated !== false;
    if (!isOurs) throw mismatch();
    const scopes = scopesOf(user);
    return { externalUserId: user.user_id, ...(scopes ? { scopes } : {}) };
  },

  async unlink({ externalUserId }, ctx) {
    try {
      const query = { user_id: externalUserId };
      await discard(await call("DELETE", "/auth/deauthenticateUser", ctx, { query }));
    } catch (error) {
      // Gone already: Terra's own `deauth`, or a try of ours whose answer was lost.
      if (!isRejection(error, 404)) throw error;
    }
  },
};

function mismatch(): ProviderError {
  return new ProviderError(TERRA.slug, { kind: "rejected", status: 403 }, "confirm person at");
}

function isRejection(error: unknown, status?: number): error is ProviderError {
  return error instanceof ProviderError && error.failure.kind === "rejected" &&
    (status === undefined || error.failure.status === status);
}

/**
 * Asks for every kind of data. A wearable that lacks one of them is refused that one alone; the ask
 * fails only where all are refused.
 */
async function requestWindow({ account, window }: Ask, ctx: DriverContext): Promise<void> {
  const query = {
    user_id: account.externalUserId,
    start_date: localDateOf(window.from),
    // One day more: whether the end is meant inclusively is not documented, and asking twice is harmless.
    end_date: addDays(localDateOf(window.to), 1),
    to_webhook: "true",
    with_samples: "true",
  };
  const refusals: ProviderError[] = [];
  for (const { name } of RESOURCES) {
    try {
      // Anything else that is 200 (a proxy's page) would lose the window without a word.
      await readJson(TERRA, await call("GET", `/${name}`, ctx, { query }), acknowledgement);
    } catch (error) {
      if (!isRejection(error)) throw error;
      refusals.push(error);
    }
  }
  const [refusal] = refusals;
  if (refusal && refusals.length === RESOURCES.length) throw refusal;
}

export default defineProvider({
  ...TERRA,
  name: "Terra",
  docs: "https://docs.tryterra.co",
  env: { clientId: "TERRA_DEV_ID", clientSecret: "TERRA_API_KEY" },
  link,
  // 26 days and the two that rounding may add are the 28 beyond which older documents speak of chunks.
  history: { kind: "request", maxDays: 365, pageDays: 26, request: requestWindow },
  policy: { terms: "https://docs.tryterra.co", aiUse: "unstated" },
  resources: RESOURCES,
  webhook: terraWebhook,
});
