/** Strava's activities, their streams, and the athlete; quirks in `strava.ts`. */
import { z } from "zod";
import type { Metric, Provenance, When } from "../catalog/normalized.ts";
import {
  beatsPerMinute,
  celsius,
  kilograms,
  metresPerSecond,
  type Reading,
  revolutionsPerMinute,
  stepsPerMinute,
  watts,
} from "../catalog/units.ts";
import { localDateOf, MINUTE, parseInstant, SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import { pathSegment } from "./kit/http.ts";
import { measure, present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { HISTORY_DAYS, STRAVA, STRAVA_API } from "./strava_api.ts";
import { lap, lapsIn } from "./strava_laps.ts";
import { cadenceOf, type Sport, sportOf } from "./strava_sports.ts";

const PAGE_ROWS = 200;
/** No window of ours has so many activities: a server that does not count pages would go on for ever. */
const MAX_PAGE = 50;

const maybeNumber = z.number().nullish();
const maybeText = z.string().nullish();
const id = z.union([z.number(), z.string().min(1)]);

/** What a stream needs to know of the activity it belongs to. */
const begun = {
  id,
  start_date: z.string(),
  utc_offset: maybeNumber,
  device_name: maybeText,
  sport_type: maybeText,
  type: maybeText,
};

const activity = z.looseObject({
  ...begun,
  resource_state: maybeNumber,
  start_date_local: maybeText,
  elapsed_time: maybeNumber,
  moving_time: maybeNumber,
  distance: maybeNumber,
  total_elevation_gain: maybeNumber,
  average_speed: maybeNumber,
  max_speed: maybeNumber,
  average_heartrate: maybeNumber,
  max_heartrate: maybeNumber,
  average_watts: maybeNumber,
  max_watts: maybeNumber,
  average_cadence: maybeNumber,
  average_temp: maybeNumber,
  calories: maybeNumber,
  suffer_score: maybeNumber,
  manual: z.boolean().nullish(),
  laps: z.array(lap).nullish(),
});

const activities = resource({
  name: "activities",
  aliases: [
    "GET /athlete/activities",
    "GET /api/v3/athlete/activities",
    "GET /activities/{id}",
    "GET /api/v3/activities/{id}",
    "activity",
  ],
  scope: "activity:read",
  produces: ["training_load", "cadence_running", "cadence_cycling", "ambient_temperature"],
  sessions: ["workout"],
  page: listOf(activity, { rows: "activities" }),
  request({ window, cursor }) {
    const url = new URL(`${STRAVA_API}/athlete/activities`);
    // Both bounds are exclusive as far as is known: a second more on each side.
    url.searchParams.set("after", String(Math.floor(window.from.getTime() / SECOND) - 1));
    url.searchParams.set("before", String(Math.ceil(window.to.getTime() / SECOND) + 1));
    url.searchParams.set("page", cursor ?? "1");
    url.searchParams.set("per_page", String(PAGE_ROWS));
    return new Request(url);
  },
  requestOne: ({ recordId }) =>
    new Request(`${STRAVA_API}/activities/${pathSegment(STRAVA, recordId)}`),
  // What a person hides is taken out of a page: only an empty one is the end.
  next: ({ rows }, { cursor = "1" }) =>
    rows.length === 0 ? undefined : String(Math.min(Number(cursor) + 1, MAX_PAGE)),
  // There is no `updated_at`. A detail (3) outranks the list's summary (2), whichever came last: a
  // summary has no calories, and would take them away.
  record: (row) => ({ id: String(row.id), version: new Date((row.resource_state ?? 2) * SECOND) }),
  *normalise(row) {
    const at = timeOf(row);
    if (!at || row.elapsed_time == null) return yield { kind: "quarantine", reason: "no_time" };
    const localDate = /^\d{4}-\d\d-\d\d(?=T)/.exec(row.start_date_local ?? "")?.[0];
    const when = {
      ...at,
      end: new Date(at.start.getTime() + row.elapsed_time * SECOND),
      ...present({ localDate }),
    };
    yield {
      kind: "workout",
      ...when,
      ...present({
        type: sportOf(row),
        vendorType: row.sport_type ?? row.type,
        durationSeconds: row.elapsed_time,
        movingSeconds: row.moving_time,
        distanceMetres: row.distance,
        elevationGainMetres: row.total_elevation_gain,
        // `kilojoules` is the work done on the pedals and not what it cost the body.
        energyKilocalories: row.calories,
        hrAverage: row.average_heartrate,
        hrMaximum: row.max_heartrate,
        averageSpeed: row.average_speed,
        maximumSpeed: row.max_speed,
        averagePowerWatts: row.average_watts,
        maximumPowerWatts: row.max_watts,
        device: row.device_name,
        laps: lapsIn(row.laps),
      }),
    };
    const mean = { ...when, ...deviceOf(row), statistic: "average" } as const;
    yield* rate("training_load", row.suffer_score, "open_ended", {
      ...when,
      vendorName: "relative_effort",
    });
    yield* cadence(row, row.average_cadence, mean);
    yield* measure("ambient_temperature", celsius(row.average_temp), mean);
  },
});

function timeOf(row: {
  readonly start_date: string;
  readonly utc_offset?: number | null | undefined;
}): When | undefined {
  const start = parseInstant(row.start_date)?.instant;
  if (!start) return undefined;
  const offset = row.utc_offset;
  return { start, ...(offset == null ? {} : { offsetMinutes: offset * SECOND / MINUTE }) };
}

function deviceOf({ device_name: device }: { readonly device_name?: string | null | undefined }) {
  return present({ device });
}

/** Runs count one leg. */
function* cadence(
  sport: Sport,
  reading: Reading,
  at: When & Provenance,
): Generator<Metric<"cadence_running" | "cadence_cycling">, void> {
  switch (cadenceOf(sport)) {
    case "running":
      return yield* measure(
        "cadence_running",
        stepsPerMinute(reading == null ? reading : 2 * reading),
        at,
      );
    case "cycling":
      return yield* measure("cadence_cycling", revolutionsPerMinute(reading), at);
  }
}

const series = z.looseObject({ data: z.array(maybeNumber) }).nullish();
const beginning = z.looseObject(begun);

/** Second by second. A stream that the activity lacks is left out; a manual activity has none. */
const streams = resource({
  name: "streams",
  aliases: ["GET /activities/{id}/streams", "GET /api/v3/activities/{id}/streams"],
  scope: "activity:read",
  within: "activities",
  emptyStatuses: [404],
  produces: [
    "heart_rate",
    "speed",
    "power",
    "cadence_running",
    "cadence_cycling",
    "ambient_temperature",
  ],
  page: listOf(
    z.looseObject({
      time: series,
      heartrate: series,
      velocity_smooth: series,
      cadence: series,
      watts: series,
      temp: series,
    }),
    { rows: "streams" },
  ),
  requestOne({ recordId }) {
    const url = new URL(`${STRAVA_API}/activities/${pathSegment(STRAVA, recordId)}/streams`);
    // Not `latlng`: where somebody was is more than any metric needs.
    url.searchParams.set("keys", "time,heartrate,velocity_smooth,cadence,watts,temp");
    url.searchParams.set("key_by_type", "true");
    return new Request(url);
  },
  record(_row, { parent }) {
    const of = beginning.safeParse(parent).data;
    return of && { id: String(of.id) };
  },
  *normalise(row, { parent }) {
    const of = beginning.safeParse(parent).data;
    const begin = of && timeOf(of);
    if (!of || !begin) return yield { kind: "quarantine", reason: "no_time" };
    for (const [i, elapsed] of (row.time?.data ?? []).entries()) {
      if (elapsed == null) continue;
      const start = new Date(begin.start.getTime() + elapsed * SECOND);
      const at = { ...begin, ...deviceOf(of), start };
      yield* measure("heart_rate", beatsPerMinute(row.heartrate?.data[i]), at);
      yield* measure("speed", metresPerSecond(row.velocity_smooth?.data[i]), at);
      yield* measure("power", watts(row.watts?.data[i]), at);
      yield* cadence(of, row.cadence?.data[i], at);
      yield* measure("ambient_temperature", celsius(row.temp?.data[i]), at);
    }
  },
});

/** What the person's profile says today, without a date: as of the day on which we are told. */
const athlete = resource({
  name: "athlete",
  aliases: ["GET /athlete", "GET /api/v3/athlete"],
  scope: "profile:read_all",
  pageDays: HISTORY_DAYS,
  poll: { everyMinutes: 7 * 24 * 60, trailingHours: 1 },
  produces: ["body_weight", "functional_threshold_power"],
  page: listOf(z.looseObject({ id, weight: maybeNumber, ftp: maybeNumber }), { rows: "athletes" }),
  request: () => new Request(`${STRAVA_API}/athlete`),
  record: (_row, { receivedAt }) => receivedAt && { id: localDateOf(receivedAt) },
  *normalise(row, { receivedAt }) {
    if (!receivedAt) return;
    const at = { start: receivedAt, entry: "manual" } as const;
    yield* measure("body_weight", kilograms(row.weight), at);
    yield* measure("functional_threshold_power", watts(row.ftp), at);
  },
});

export const STRAVA_RESOURCES = [activities, streams, athlete] as const;
