/** Wahoo's person: weight, height, power zones; quirks in `wahoo.ts`. */
import { z } from "zod";
import { kilograms, metres, watts } from "../catalog/units.ts";
import { localDateOf } from "../core/time.ts";
import { resource } from "./define.ts";
import { measure } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { instant } from "./kit/when.ts";
import {
  HISTORY_DAYS,
  id,
  maybeText,
  numberOf,
  numeric,
  versioned,
  WAHOO_API,
} from "./wahoo_api.ts";

const WEEKLY = { everyMinutes: 7 * 24 * 60, trailingHours: 1 };

/** What the person's profile says today, without a date: as of the day on which we are told. */
const user = resource({
  name: "user",
  aliases: ["GET /v1/user"],
  scope: "user_read",
  pageDays: HISTORY_DAYS,
  poll: WEEKLY,
  produces: ["body_weight", "height"],
  page: listOf(z.looseObject({ id, weight: numeric, height: numeric }), { rows: "users" }),
  request: () => new Request(`${WAHOO_API}/v1/user`),
  record: (_row, { receivedAt }) => receivedAt && { id: localDateOf(receivedAt) },
  *normalise(row, { receivedAt }) {
    if (!receivedAt) return;
    const at = { start: receivedAt, entry: "manual" } as const;
    yield* measure("body_weight", kilograms(numberOf(row.weight)), at);
    yield* measure("height", metres(numberOf(row.height)), at);
  },
});

/** The family of workouts that turn pedals: of others a threshold is no power on them. */
const BIKING = 0;

const powerZones = resource({
  name: "power_zones",
  aliases: ["GET /v1/power_zones", "GET /v1/power_zones/{id}"],
  scope: "power_zones_read",
  pageDays: HISTORY_DAYS,
  poll: WEEKLY,
  produces: ["functional_threshold_power"],
  page: listOf(
    z.looseObject({
      id,
      ftp: numeric,
      workout_type_family_id: z.number().nullish(),
      updated_at: maybeText,
    }),
    { rows: "power_zones" },
  ),
  request: () => new Request(`${WAHOO_API}/v1/power_zones`),
  record: (row) => versioned(row.id, row.updated_at),
  *normalise(row) {
    const at = instant(row.updated_at);
    if (!at) return yield { kind: "quarantine", reason: "no_time" };
    if (row.workout_type_family_id !== BIKING) return;
    yield* measure("functional_threshold_power", watts(numberOf(row.ftp)), {
      start: at.start,
      entry: "manual",
    });
  },
});

export const WAHOO_PROFILE = [user, powerZones] as const;
