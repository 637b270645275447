/** Withings' workouts; quirks in `withings.ts`. */
import { z } from "zod";
import { celsius, percent, type Reading } from "../catalog/units.ts";
import { SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import { measure, present } from "./kit/measure.ts";
import {
  days,
  listIn,
  maybeNumber,
  maybeText,
  nextOffset,
  post,
  timeAt,
  versionOf,
} from "./withings_api.ts";
import { sportOf } from "./withings_sports.ts";

export const workouts = resource({
  name: "workouts",
  aliases: ["POST /v2/measure getworkouts", "getworkouts", "workout"],
  scope: "user.activity",
  produces: ["spo2", "body_temperature"],
  sessions: ["workout"],
  page: listIn(
    "series",
    z.looseObject({
      id: z.union([z.number(), z.string().min(1)]),
      category: maybeNumber,
      timezone: maybeText,
      startdate: z.number(),
      enddate: z.number(),
      modified: maybeNumber,
      data: z.looseObject({
        calories: maybeNumber,
        manual_calories: maybeNumber,
        distance: maybeNumber,
        manual_distance: maybeNumber,
        steps: maybeNumber,
        hr_average: maybeNumber,
        hr_min: maybeNumber,
        hr_max: maybeNumber,
        hr_zone_0: maybeNumber,
        hr_zone_1: maybeNumber,
        hr_zone_2: maybeNumber,
        hr_zone_3: maybeNumber,
        pause_duration: maybeNumber,
        algo_pause_duration: maybeNumber,
        spo2_average: maybeNumber,
        core_body_temperature_avg: maybeNumber,
        core_body_temperature_min: maybeNumber,
        core_body_temperature_max: maybeNumber,
      }).nullish(),
    }),
  ),
  request: (ask) =>
    post("/v2/measure", "getworkouts", {
      ...days(ask),
      data_fields: "calories,manual_calories,distance,manual_distance,steps,hr_average,hr_min," +
        "hr_max,hr_zone_0,hr_zone_1,hr_zone_2,hr_zone_3,pause_duration,algo_pause_duration," +
        "spo2_average,core_body_temperature_avg,core_body_temperature_min,core_body_temperature_max",
    }),
  next: nextOffset,
  record: ({ id, modified }) => ({ id: String(id), ...versionOf(modified) }),
  *normalise({ startdate, enddate, timezone, category, data }) {
    const at = { ...timeAt(startdate, timezone), end: new Date(enddate * SECOND) };
    const pause = data?.pause_duration ?? data?.algo_pause_duration;
    const zones = [data?.hr_zone_0, data?.hr_zone_1, data?.hr_zone_2, data?.hr_zone_3]
      .filter((one) => one != null);
    const calories = data?.calories ?? typedIn(data?.manual_calories);
    yield {
      kind: "workout",
      ...at,
      ...present({
        type: sportOf(category),
        vendorType: category == null ? undefined : String(category),
        movingSeconds: pause == null ? undefined : Math.max(0, enddate - startdate - pause),
        distanceMetres: data?.distance ?? typedIn(data?.manual_distance),
        // Active by its definition, and all that Withings says a workout took.
        energyKilocalories: calories,
        energyActiveKilocalories: calories,
        steps: data?.steps,
        hrAverage: data?.hr_average,
        hrMinimum: data?.hr_min,
        hrMaximum: data?.hr_max,
        // Four or none: a zone left out would shift the others.
        zoneSeconds: zones.length === 4 ? zones : undefined,
      }),
    };
    const temperature = (reading: Reading, statistic: Statistic) =>
      measure("body_temperature", celsius(reading), { ...at, statistic });
    yield* measure("spo2", percent(data?.spo2_average), { ...at, statistic: "average" });
    yield* temperature(data?.core_body_temperature_avg, "average");
    yield* temperature(data?.core_body_temperature_min, "minimum");
    yield* temperature(data?.core_body_temperature_max, "maximum");
  },
});

/** Zero is what nobody has typed in. */
function typedIn(reading: Reading): number | undefined {
  return reading == null || reading === 0 ? undefined : reading;
}

type Statistic = "average" | "minimum" | "maximum";
