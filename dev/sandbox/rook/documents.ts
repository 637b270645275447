import { addDays, type LocalDate } from "@shared/core/time.ts";
import { eachDay } from "../clock.ts";
import type { RookUser } from "../store.ts";
import { firstDay, personIn, type SandboxRecord, type World } from "../world.ts";
import { activityEvents, heartRateEvents } from "./events.ts";
import { type Maker, type Rook, updates } from "./records.ts";
import { bodySummaries, physicalSummaries, sleepSummaries } from "./summaries.ts";

interface Collection {
  readonly pillar: "physical_health" | "sleep_health" | "body_health";
  readonly kind: "summary" | "events";
  /** Last part of the path of events. */
  readonly of?: string;
  readonly make: Maker;
}

/** What of the reference there is, by the document's `data_structure`; the pillar tells two apart. */
export const COLLECTIONS: Readonly<Record<string, Collection>> = {
  physical_summary: { pillar: "physical_health", kind: "summary", make: physicalSummaries },
  sleep_summary: { pillar: "sleep_health", kind: "summary", make: sleepSummaries },
  body_summary: { pillar: "body_health", kind: "summary", make: bodySummaries },
  activity_event: {
    pillar: "physical_health",
    kind: "events",
    of: "activity",
    make: activityEvents,
  },
  heart_rate_event: {
    pillar: "body_health",
    kind: "events",
    of: "heart_rate",
    make: heartRateEvents,
  },
};

/** Events that are in the reference and that nobody here has. */
const EMPTY: Readonly<Record<string, readonly string[]>> = {
  physical_health: ["heart_rate", "oxygenation", "stress"],
  body_health: [
    "body_metrics",
    "oxygenation",
    "nutrition",
    "mood",
    "hydration",
    "blood_glucose",
    "blood_pressure",
    "temperature",
  ],
};

/** The resource of `/v2/processed_data/<pillar>/summary` or `…/events/<kind>`; an empty one, or none. */
export function resourceAt(pillar: string, kind: string | undefined): string | undefined {
  const found = Object.entries(COLLECTIONS).find(([, one]) =>
    one.pillar === pillar && one.of === kind
  );
  if (found) return found[0];
  return kind !== undefined && EMPTY[pillar]?.includes(kind) ? "" : undefined;
}

/** ROOK reads the summaries of the week before the link; events begin on its day. */
const EXISTING_DAYS = { summary: 7, events: 0 } as const;

export function rookOf(world: World, user: RookUser): Rook {
  const person = personIn(world, user.person);
  return { world, person, services: user.services };
}

/** What is to be seen of a user by now, with days from `first` to `last`, oldest first. */
export function recordsOf(
  of: Rook,
  resource: string,
  first: LocalDate,
  last: LocalDate,
  linkedOn?: LocalDate,
): SandboxRecord[] {
  const collection = COLLECTIONS[resource];
  if (!collection) return [];
  const { kind, make } = collection;
  const now = of.world.clock();
  const starts = [first, firstDay(of.world, of.person)];
  if (linkedOn) starts.push(addDays(linkedOn, -EXISTING_DAYS[kind]));
  return [...eachDay(starts.sort().at(-1) ?? first, last)]
    .flatMap((date) => make(of, date))
    .filter((record) => record.availableAt <= now);
}

/** The document of one summary, or of events: as `GET` answers it and as webhooks carry it. */
export function documentOf(
  of: Rook,
  p: {
    readonly resource: string;
    readonly clientUuid: string;
    readonly userId: string;
    readonly records: readonly SandboxRecord[];
  },
): Readonly<Record<string, unknown>> | undefined {
  const { resource, clientUuid, userId, records } = p;
  const collection = COLLECTIONS[resource];
  const [first] = records;
  if (!collection || !first) return undefined;
  const bodies = records.map(({ body }) => body);
  const isSummary = collection.kind === "summary";
  return {
    client_uuid: clientUuid,
    user_id: userId,
    version: 2,
    document_version: 1 + updates(of, resource, first.id),
    ...(isSummary ? {} : { auto_detected: false }),
    data_structure: resource,
    [collection.pillar]: {
      [collection.kind]: { [resource]: isSummary ? bodies[0] : bodies },
    },
  };
}
