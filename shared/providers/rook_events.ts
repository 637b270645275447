/** ROOK's documents that are events, and their names; quirks in `rook.ts`. */
import type { MetricCode } from "../catalog/metrics.ts";
import { resource } from "./define.ts";
import { listOf } from "./kit/page.ts";
import type { Resource } from "./resource.ts";
import {
  dayAfter,
  dayRequest,
  deviceOf,
  type Documented,
  EVENT_DAYS,
  eventRecord,
  ROOK_POLL,
  timeOf,
} from "./rook_api.ts";
import { bodyMetrics, hydration, nutrition } from "./rook_body.ts";
import {
  type Block,
  bloodGlucose,
  bloodPressure,
  bodyTemperature,
  heartRate,
  oxygenation,
} from "./rook_vitals.ts";

type Pillar = "body_health" | "physical_health";

/**
 * A measurement at its time, or several, as soon as the service had it: one block of figures. `kind`
 * is its path; two pillars have kinds of the same name, so that of the physical one stands before it.
 */
function event<Row extends Documented, const M extends MetricCode>(
  pillar: Pillar,
  kind: string,
  { row, produces, read }: Block<Row, M>,
): Resource<Row, M> {
  return resource<Row, M>({
    name: eventName(pillar, `${kind}_event`),
    aliases: [
      `GET /v2/processed_data/${pillar}/events/${kind}`,
      `${pillar}.events.${kind}_event`,
    ],
    produces,
    historyDays: EVENT_DAYS,
    poll: ROOK_POLL,
    page: listOf(row, { rows: `${pillar}.events.${kind}_event` }),
    request: (ask) => dayRequest(`${pillar}/events/${kind}`, ask),
    next: dayAfter,
    record: eventRecord,
    *normalise(row) {
      const at = timeOf(row.metadata.datetime_string);
      if (!at) return yield { kind: "quarantine", reason: "no_time" };
      yield* read(row, { ...at, ...deviceOf(row) });
    },
  });
}

/** The resource of a `data_structure` under its pillar. */
export function eventName(pillar: Pillar, structure: string): string {
  const isTwice = /^(heart_rate|oxygenation)_event$/.test(structure);
  return isTwice && pillar === "physical_health" ? `physical_${structure}` : structure;
}

/** Stress and mood come on scales that nobody states; steps and calories as running totals of a day. */
export const ROOK_EVENTS = [
  event("physical_health", "heart_rate", heartRate),
  event("physical_health", "oxygenation", oxygenation),
  event("body_health", "heart_rate", heartRate),
  event("body_health", "oxygenation", oxygenation),
  event("body_health", "blood_glucose", bloodGlucose),
  event("body_health", "blood_pressure", bloodPressure),
  event("body_health", "body_metrics", bodyMetrics),
  event("body_health", "hydration", hydration),
  event("body_health", "nutrition", nutrition),
  event("body_health", "temperature", bodyTemperature),
] as const;
