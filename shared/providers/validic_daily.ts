import { collection } from "./validic_api.ts";
import { ALL, codesOf, FOOD, readFigures } from "./validic_metrics.ts";

/** One a day and source, which grows while the day does. */
const summaries = collection("summaries", {
  type: "summary",
  produces: codesOf(ALL),
  pollMinutes: 180,
  read: (row, at) => readFigures(ALL, row, at),
});

const measurements = collection("measurements", {
  type: "measurement",
  produces: codesOf(ALL),
  pollMinutes: 180,
  read: (row, at) => readFigures(ALL, row, at),
});

/** The meals of a day, and what was eaten at each, are its `segments`: they restate the day. */
const nutrition = collection("nutrition", {
  type: "nutrition",
  produces: codesOf(FOOD),
  pollMinutes: 180,
  read: (row, at) => readFigures(FOOD, row, at),
});

export const VALIDIC_DAILY = [summaries, measurements, nutrition] as const;
