/** Validic's days: summaries, measurements, food; quirks in `validic.ts`. */
import { collection, THREE_HOURLY } from "./validic_api.ts";
import { ALL, codesOf, FOOD, readFigures } from "./validic_metrics.ts";

/** One a day and source, which grows while the day does. */
const summaries = collection("summaries", {
  aliases: ["summary"],
  produces: codesOf(ALL),
  poll: THREE_HOURLY,
  read: (row, at) => readFigures(ALL, row, at),
});

const measurements = collection("measurements", {
  aliases: ["measurement"],
  produces: codesOf(ALL),
  poll: THREE_HOURLY,
  read: (row, at) => readFigures(ALL, row, at),
});

/** The meals of a day, and what was eaten at each, are its `segments`: they restate the day. */
const nutrition = collection("nutrition", {
  produces: codesOf(FOOD),
  poll: THREE_HOURLY,
  read: (row, at) => readFigures(FOOD, row, at),
});

export const VALIDIC_DAILY = [summaries, measurements, nutrition] as const;
