/** Spike's workouts; quirks in `spike.ts`. */
import { z } from "zod";
import { parseInstant } from "../core/time.ts";
import { resource } from "./define.ts";
import { present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  deviceOf,
  maybeNumber,
  maybeText,
  secondsOf,
  session,
  spanOf,
  timesRequest,
} from "./spike_api.ts";
import { spikeSport } from "./spike_sports.ts";

const row = session.extend({
  workout_id: maybeText,
  workout_type: maybeText,
  workout_tags: z.array(z.string()).nullish(),
  metrics: z.looseObject({
    distance: maybeNumber,
    calories_burned: maybeNumber,
    calories_burned_active: maybeNumber,
    calories_burned_basal: maybeNumber,
    steps: maybeNumber,
    heartrate: maybeNumber,
    heartrate_max: maybeNumber,
    heartrate_min: maybeNumber,
    heartrate_zone0_duration: maybeNumber,
    heartrate_zone1_duration: maybeNumber,
    heartrate_zone2_duration: maybeNumber,
    heartrate_zone3_duration: maybeNumber,
    heartrate_zone4_duration: maybeNumber,
    heartrate_zone5_duration: maybeNumber,
    speed: maybeNumber,
    speed_max: maybeNumber,
    elevation_gain: maybeNumber,
    ascent: maybeNumber,
  }).nullish(),
});
type Row = z.output<typeof row>;

export const workouts = resource({
  name: "workouts",
  aliases: ["GET /v3/queries/workouts"],
  produces: [],
  sessions: ["workout"],
  page: listOf(row, { rows: "workouts" }),
  request: (ask) => timesRequest("workouts", ask),
  record({ workout_id, record_id, modified_at }) {
    const id = workout_id ?? record_id;
    const version = parseInstant(modified_at ?? "")?.instant;
    return id == null ? undefined : { id, ...present({ version }) };
  },
  *normalise(row) {
    const at = spanOf(row);
    if (!at) return yield { kind: "quarantine", reason: "no_time" };
    if (at.end < at.start) return yield { kind: "quarantine", reason: "interval_inverted" };
    const { metrics } = row;
    yield {
      kind: "workout",
      ...at,
      ...present({
        type: spikeSport(row),
        vendorType: row.workout_type,
        distanceMetres: metrics?.distance,
        energyKilocalories: metrics?.calories_burned,
        energyActiveKilocalories: metrics?.calories_burned_active,
        energyBasalKilocalories: metrics?.calories_burned_basal,
        steps: metrics?.steps,
        hrAverage: metrics?.heartrate,
        hrMaximum: metrics?.heartrate_max,
        hrMinimum: metrics?.heartrate_min,
        averageSpeed: metrics?.speed,
        maximumSpeed: metrics?.speed_max,
        elevationGainMetres: metrics?.elevation_gain ?? metrics?.ascent,
        zoneSeconds: zonesOf(metrics),
        device: deviceOf(row).device,
      }),
    };
  },
});

/** A zone that is not told beside others held nobody. */
function zonesOf(of: Row["metrics"]): readonly number[] | undefined {
  const told = [
    of?.heartrate_zone0_duration,
    of?.heartrate_zone1_duration,
    of?.heartrate_zone2_duration,
    of?.heartrate_zone3_duration,
    of?.heartrate_zone4_duration,
    of?.heartrate_zone5_duration,
  ].map(secondsOf);
  return told.some((seconds) => seconds !== undefined)
    ? told.map((seconds) => seconds ?? 0)
    : undefined;
}
