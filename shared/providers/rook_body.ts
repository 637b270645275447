/** ROOK's measures of a body, and what it ate and drank; quirks in `rook.ts`. */
import { z } from "zod";
import {
  centimetres,
  dayNumber,
  grams,
  kilocalories,
  kilograms,
  kilogramsPerSquareMetre,
  millilitres,
  percent,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure, present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  dateOf,
  dayAfter,
  dayOfSummary,
  dayRecord,
  dayRequest,
  deviceOf,
  granular,
  maybeNumber,
  maybeText,
  metadata,
  ROOK_POLL,
  timed,
} from "./rook_api.ts";
import {
  block,
  bloodGlucose,
  bloodPressure,
  bodyTemperature,
  heartRate,
  oxygenation,
} from "./rook_vitals.ts";

/** Bone and muscle come as shares of the weight; hips and chest have no metric here. */
export const bodyMetrics = block(
  z.looseObject({
    metadata,
    body_metrics: z.looseObject({
      weight_kg_float: maybeNumber,
      height_cm_int: maybeNumber,
      bmi_float: maybeNumber,
      waist_circumference_cm_int: maybeNumber,
      water_composition_percentage_int: maybeNumber,
    }).nullish(),
  }),
  ["body_weight", "height", "bmi", "waist_circumference", "body_water_percentage"],
  function* ({ body_metrics: body }, at) {
    yield* measure("body_weight", kilograms(body?.weight_kg_float), at);
    yield* measure("height", centimetres(body?.height_cm_int), at);
    yield* measure("bmi", kilogramsPerSquareMetre(body?.bmi_float), at);
    yield* measure("waist_circumference", centimetres(body?.waist_circumference_cm_int), at);
    yield* measure("body_water_percentage", percent(body?.water_composition_percentage_int), at);
  },
);

/** Each drink of an event. A summary may hold them again, so that only its total is read there. */
export const hydration = block(
  z.looseObject({
    metadata,
    hydration: z.looseObject({
      water_total_consumption_mL_int: maybeNumber,
      hydration_amount_granular_data_array: granular({ hydration_amount_mL_int: maybeNumber }),
    }).nullish(),
  }),
  ["water_intake"],
  function* (row) {
    const drinks = row.hydration?.hydration_amount_granular_data_array;
    for (const [{ hydration_amount_mL_int }, when] of timed(drinks, deviceOf(row))) {
      yield* measure("water_intake", millilitres(hydration_amount_mL_int), when);
    }
  },
);

/** Sugar, trans fat, sodium, cholesterol and alcohol in grams have no metric here. */
export const nutrition = block(
  z.looseObject({
    metadata,
    nutrition: z.looseObject({
      calories_intake_kcal_float: maybeNumber,
      protein_intake_g_float: maybeNumber,
      carbohydrates_intake_g_float: maybeNumber,
      fat_intake_g_float: maybeNumber,
      fiber_intake_g_float: maybeNumber,
    }).nullish(),
  }),
  ["energy_intake", "protein_intake", "carbohydrate_intake", "fat_intake", "fiber_intake"],
  function* ({ nutrition: food }, at) {
    yield* measure("energy_intake", kilocalories(food?.calories_intake_kcal_float), at);
    yield* measure("protein_intake", grams(food?.protein_intake_g_float), at);
    yield* measure("carbohydrate_intake", grams(food?.carbohydrates_intake_g_float), at);
    yield* measure("fat_intake", grams(food?.fat_intake_g_float), at);
    yield* measure("fiber_intake", grams(food?.fiber_intake_g_float), at);
  },
);

const row = z.looseObject({
  ...heartRate.row.shape,
  ...oxygenation.row.shape,
  ...bloodGlucose.row.shape,
  ...bloodPressure.row.shape,
  ...bodyTemperature.row.shape,
  ...bodyMetrics.row.shape,
  ...hydration.row.shape,
  ...nutrition.row.shape,
  menstruation: z.looseObject({
    period_start_date_string: maybeText,
    cycle_day_int: maybeNumber,
    cycle_length_days_int: maybeNumber,
    is_a_predicted_cycle_bool: z.boolean().nullish(),
  }).nullish(),
});
type Row = z.output<typeof row>;

export const bodySummary = resource({
  name: "body_summary",
  aliases: ["GET /v2/processed_data/body_health/summary", "body_summary"],
  produces: [
    ...heartRate.produces,
    ...oxygenation.produces,
    ...bloodGlucose.produces,
    ...bloodPressure.produces,
    ...bodyTemperature.produces,
    ...bodyMetrics.produces,
    ...hydration.produces,
    ...nutrition.produces,
    "cycle_day",
  ],
  poll: ROOK_POLL,
  page: listOf(row, { rows: "body_health.summary.body_summary" }),
  request: (ask) => dayRequest("body_health/summary", ask),
  next: dayAfter,
  record: dayRecord,
  *normalise(row) {
    const day = dayOfSummary(row);
    if (!day) return yield { kind: "quarantine", reason: "no_identity" };
    yield* bodyMetrics.read(row, day);
    yield* heartRate.read(row, day);
    yield* oxygenation.read(row, day);
    yield* bloodGlucose.read(row, day);
    yield* bloodPressure.read(row, day);
    yield* bodyTemperature.read(row, day);
    yield* measure(
      "water_intake",
      millilitres(row.hydration?.water_total_consumption_mL_int),
      day,
    );
    yield* nutrition.read(row, day);
    yield* cycle(row, day);
  },
});

/** A prediction is no measurement. Flow comes in millilitres, where the catalog has levels. */
function* cycle({ menstruation }: Row, day: NonNullable<ReturnType<typeof dayOfSummary>>) {
  if (!menstruation || menstruation.is_a_predicted_cycle_bool) return;
  const { cycle_day_int, cycle_length_days_int, period_start_date_string } = menstruation;
  yield* measure("cycle_day", dayNumber(cycle_day_int), day);
  const facts = present({
    periodStart: dateOf(period_start_date_string),
    dayInCycle: cycle_day_int,
    cycleLengthDays: cycle_length_days_int,
  });
  if (Object.keys(facts).length > 0) yield { kind: "menstrual_cycle", ...facts } as const;
}
