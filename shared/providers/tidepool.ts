/**
 * Tidepool, the open platform for data of diabetes devices.
 *
 * Quirks
 * - Keycloak's OpenID Connect, realm `tidepool`. Clients are registered by arrangement. An access token
 *   lives for minutes, and of refresh tokens the newest counts. `openid` and `email` are the documented
 *   scopes; an operator whose client has `offline_access` asks for it by `TIDEPOOL_SCOPES`.
 * - The API takes the access token in `X-Tidepool-Session-Token`, not as Bearer.
 * - One address has the data of every kind, as a bare list without pages; both ends of a window count.
 *   Ours spans a week: 2,016 readings stay below 5 MiB.
 * - Of a time that the Dexcom account covers only that account's readings are answered, unless
 *   `dexcom=true`. So each reading comes once, and we leave it so.
 * - Glucose is stored as mmol/L, unrounded, whatever the meter showed: mg/dL / 18.01559. Multiplied by
 *   18.0156 it is the meter's number to the sixth digit. `units` is read all the same.
 * - Out of range a value is the threshold plus or minus one, annotated `bg/out-of-range`: it means
 *   "beyond", and is no value.
 * - `time` is UTC; `timezoneOffset` is in minutes, and missing for what knows no device time.
 * - `net` is the carbohydrate that is asked of every food, `total` the one that includes fibre.
 * - A basal rate is in units an hour, and its `duration` in milliseconds is that of the delivery.
 *   A suspended one has no rate. What was `expected` of a bolus was not given.
 * - Kilocalories are `kilocalories`; `calories` are a thousandth of them.
 * - An `aggregate` activity is a sum over others, and no workout.
 * - No webhooks. A datum can be edited (`modifiedTime`) and is gone without a trace when deleted.
 *
 * @see https://tidepool.redocly.app/docs/authentication
 * @see https://tidepool.redocly.app/reference/data.v1
 * @see https://github.com/tidepool-org/TidepoolApi
 */
import { z } from "zod";
import { parseInstant } from "../core/time.ts";
import { defineProvider, resource } from "./define.ts";
import { pathSegment } from "./kit/http.ts";
import { instant } from "./kit/when.ts";
import { oauth2, withToken } from "./kit/oauth2.ts";
import { listOf } from "./kit/page.ts";
import { datum, meaningOf, TYPES } from "./tidepool_data.ts";

const API = "https://api.tidepool.org";
const REALM = "https://auth.tidepool.org/realms/tidepool/protocol/openid-connect";
const TOKEN_HEADER = "x-tidepool-session-token";

const TIDEPOOL = {
  slug: "tidepool",
  hosts: ["api.tidepool.org", "auth.tidepool.org"],
} as const;

const data = resource({
  name: "data",
  aliases: ["GET /data/{userId}", "GET /data", ...TYPES],
  produces: [
    "glucose",
    "glucose_blood",
    "ketone",
    "insulin_delivery",
    "carbohydrate_intake",
    "fiber_intake",
    "fat_intake",
    "protein_intake",
    "energy_intake",
    "water_intake",
  ],
  sessions: ["workout"],
  // Uploads are of hours or days, by cable or from the maker's cloud.
  poll: { everyMinutes: 30, trailingHours: 48 },
  page: listOf(datum, { rows: "data" }),
  request: ({ account, window }) => {
    const url = new URL(`/data/${pathSegment(TIDEPOOL, account.externalUserId)}`, API);
    url.searchParams.set("type", TYPES.join(","));
    url.searchParams.set("startDate", window.from.toISOString());
    url.searchParams.set("endDate", window.to.toISOString());
    return new Request(url);
  },
  record: ({ id, modifiedTime, createdTime }) => {
    const version = parseInstant(modifiedTime ?? createdTime ?? "")?.instant;
    return { id, ...(version ? { version } : {}) };
  },
  *normalise(row) {
    if (row.deletedTime) return yield { kind: "deletion" };
    const at = instant(row.time);
    if (!at) return yield { kind: "quarantine", reason: "no_time" };
    const { offsetMinutes: _, ...utc } = at;
    const offset = row.timezoneOffset;
    yield* meaningOf(row, { ...utc, ...(offset == null ? {} : { offsetMinutes: offset }) });
  },
});

export default defineProvider({
  ...TIDEPOOL,
  name: "Tidepool",
  docs: "https://tidepool.redocly.app",
  link: oauth2({
    provider: TIDEPOOL,
    authorize: `${REALM}/auth`,
    token: `${REALM}/token`,
    revoke: `${REALM}/revoke`,
    scopes: ["openid"],
    clientAuth: "post",
    pkce: true,
    rotation: { kind: "single_use" },
    // Keycloak's own default; a registration may say otherwise.
    codeLifetimeSeconds: 60,
    profile: {
      request: () => new Request(`${API}/auth/user`),
      authenticate: (request, account) => withToken(TIDEPOOL, request, account, TOKEN_HEADER),
      schema: z.looseObject({ userid: z.string() })
        .transform(({ userid }) => ({ externalUserId: userid })),
    },
  }),
  authenticate: (request, { account }) => withToken(TIDEPOOL, request, account, TOKEN_HEADER),
  history: { kind: "pull", maxDays: 365, pageDays: 7 },
  policy: { terms: "https://developer.tidepool.org/terms-of-use/", aiUse: "unstated" },
  resources: [data],
});
