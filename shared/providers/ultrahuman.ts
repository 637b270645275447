/**
 * Ultrahuman, Partner API: a ring's nights and days, and the glucose of those who wear a sensor.
 *
 * Quirks
 * - The page of consent is spelt `/authorise`. What `api.ultrahuman.com/.well-known` describes is another
 *   server. The token answer names nobody; a refresh token is used once.
 * - One request is one day of the person's clock, all of it in one list of types; the day stands in the
 *   list as `day_start_timestamp`, which is local midnight. A night has none: it is of the day it ends.
 * - Older answers keep the list under the day's date, newer ones under `metric_data`.
 * - Only `Sleep` has a capital. Its figures are a list too, in seconds: `sleep_efic` is the efficiency.
 *   `total_sleep` is not always the sum of the stages, and bedtimes may span a gap of a day.
 * - The method of `hrv` is not documented; other clients of the ring take it for RMSSD, and so do we.
 * - Temperatures are of the skin. `steps` has increments and the day's total; the total is not their sum.
 * - `hba1c` is made from glucose. `time_in_target` is not the range of 70 to 180 mg/dL that the catalog
 *   means, and `movement_index`, `metabolic_score` and `weekly_active_minutes` have no code there.
 * - 403 without a body is a person without a ring or who shares nothing, and no dead token.
 * - There are no webhooks, and no documented limits.
 *
 * @see https://vision.ultrahuman.com/developer-docs
 * @see https://blog.ultrahuman.com/blog/accessing-the-ultrahuman-partnership-api/
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import { present } from "./kit/measure.ts";
import { oauth2 } from "./kit/oauth2.ts";
import { ULTRAHUMAN, ULTRAHUMAN_API } from "./ultrahuman_api.ts";
import { metrics } from "./ultrahuman_metrics.ts";

const id = z.union([z.number(), z.string()]).nullish();
const person = z.looseObject({ user_id: id, id, timezone: z.string().nullish() });

export default defineProvider({
  ...ULTRAHUMAN,
  name: "Ultrahuman",
  docs: "https://vision.ultrahuman.com/developer-docs",
  link: oauth2({
    provider: ULTRAHUMAN,
    authorize: "https://auth.ultrahuman.com/authorise",
    token: `${ULTRAHUMAN_API}/oauth/token`,
    revoke: `${ULTRAHUMAN_API}/oauth/revoke`,
    scopes: ["profile", "ring_data", "cgm_data"],
    clientAuth: "post",
    pkce: false,
    rotation: { kind: "single_use" },
    codeLifetimeSeconds: 600,
    profile: {
      request: () => new Request(`${ULTRAHUMAN_API}/v1/user_data/user_info`),
      schema: z.union([z.looseObject({ data: person }).transform(({ data }) => data), person])
        .transform(({ user_id, id, timezone: timeZone }) => ({
          externalUserId: String(user_id ?? id ?? ""),
          ...present({ timeZone }),
        })),
    },
  }),
  // A request a day: a season is ninety of them.
  history: { kind: "pull", maxDays: 90, pageDays: 30 },
  policy: { terms: "https://vision.ultrahuman.com/developer-docs", aiUse: "unstated" },
  resources: [metrics],
});
