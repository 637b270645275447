/** Terra's menstrual cycle; quirks in `terra.ts`. */
import { z } from "zod";
import { dayNumber, enumerated } from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  clockOf,
  dayOfRecord,
  dayRecord,
  maybeNumber,
  metadata,
  samples,
  timed,
} from "./terra_samples.ts";

const row = z.looseObject({
  metadata,
  menstruation_data: z.looseObject({
    day_in_cycle: maybeNumber,
    is_predicted_cycle: z.boolean().nullish(),
    menstruation_flow: samples({ flow: maybeNumber }),
  }).nullish(),
});

/** `MenstruationFlow` by its number, as the catalog's levels none, unspecified, light, medium, heavy. */
const FLOW_LEVELS: readonly (number | undefined)[] = [
  undefined, // unknown
  0, // none
  2, // light
  3, // medium
  4, // heavy
  1, // had
];

export const menstruation = resource({
  name: "menstruation",
  aliases: ["menstruation", "GET /menstruation"],
  produces: ["cycle_day", "menstrual_flow"],
  page: listOf(row, { rows: "data" }),
  record: dayRecord,
  *normalise(row) {
    const day = dayOfRecord(row);
    if (!day) return yield { kind: "quarantine", reason: "no_identity" };
    const cycle = row.menstruation_data;
    // A prediction is no measurement; what the person logged is.
    if (!cycle?.is_predicted_cycle) {
      yield* measure("cycle_day", dayNumber(cycle?.day_in_cycle), day);
    }
    for (const [{ flow }, at] of timed(cycle?.menstruation_flow, clockOf(row.metadata))) {
      yield* measure("menstrual_flow", enumerated(FLOW_LEVELS[flow ?? 0]), at);
    }
  },
});
