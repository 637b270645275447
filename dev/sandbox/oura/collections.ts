import { addDays, type LocalDate } from "@shared/core/time.ts";
import { eachDay, localDateIn } from "../clock.ts";
import { externalId, type Person } from "../person.ts";
import { bodyDay } from "../physiology.ts";
import { uuidOf } from "../random.ts";
import { firstDay, type SandboxRecord, type World } from "../world.ts";
import * as daily from "./daily.ts";
import { enhancedTags, restModes, sessions, tags, workouts } from "./moments.ts";
import type { Maker } from "./record.ts";
import { sleeps } from "./sleep.ts";

export interface Collection {
  /** Scopes of which one is needed; the second family is that of the new developer portal. */
  readonly scopes: readonly string[];
  /** Name in webhooks, where it is not the path's. */
  readonly dataType: string;
  /** Measured: the end date is left out for these, though documented alike. */
  readonly endExclusive?: true;
  readonly make: Maker;
}

const DAILY = ["daily", "extapi:daily"];
const STRESS = ["daily", "extapi:stress"];
const HEART = ["daily", "extapi:heart_health"];
const TAG = ["tag", "extapi:tag"];

/** By path below `/v2/usercollection/`. */
export const COLLECTIONS: Readonly<Record<string, Collection>> = {
  daily_activity: {
    scopes: DAILY,
    dataType: "daily_activity",
    endExclusive: true,
    make: daily.dailyActivity,
  },
  daily_cardiovascular_age: {
    scopes: HEART,
    dataType: "daily_cardiovascular_age",
    make: daily.dailyCardiovascularAge,
  },
  daily_readiness: { scopes: DAILY, dataType: "daily_readiness", make: daily.dailyReadiness },
  daily_resilience: { scopes: STRESS, dataType: "daily_resilience", make: daily.dailyResilience },
  daily_sleep: { scopes: DAILY, dataType: "daily_sleep", make: daily.dailySleep },
  daily_spo2: {
    scopes: ["spo2Daily", "spo2", "extapi:spo2"],
    dataType: "daily_spo2",
    make: daily.dailySpo2,
  },
  daily_stress: { scopes: STRESS, dataType: "daily_stress", make: daily.dailyStress },
  enhanced_tag: { scopes: TAG, dataType: "enhanced_tag", make: enhancedTags },
  rest_mode_period: { scopes: DAILY, dataType: "rest_mode_period", make: restModes },
  session: { scopes: ["session", "extapi:session"], dataType: "session", make: sessions },
  sleep: { scopes: DAILY, dataType: "sleep", make: sleeps },
  sleep_time: { scopes: DAILY, dataType: "sleep_time", make: daily.sleepTime },
  tag: { scopes: TAG, dataType: "tag", make: tags },
  vO2_max: { scopes: HEART, dataType: "vo2_max", make: daily.vo2Max },
  workout: {
    scopes: ["workout", "extapi:workout"],
    dataType: "workout",
    endExclusive: true,
    make: workouts,
  },
};

export const HEART_RATE_SCOPES = ["heartrate", "extapi:heartrate"];
export const PERSONAL_SCOPES = ["personal", "extapi:personal"];
export const EMAIL_SCOPES = ["email", "extapi:email"];

/** What an app without a `scope` parameter is granted. */
export const LEGACY_SCOPES = [
  "email",
  "personal",
  "daily",
  "heartrate",
  "workout",
  "tag",
  "session",
  "spo2Daily",
];

const PORTAL_SCOPES =
  "daily email heart_health heartrate personal reproductive_cycle ring_configuration session spo2 stress tag workout";

/** Every scope that an authorize request may name. */
export const ALL_SCOPES = [
  ...LEGACY_SCOPES,
  "spo2",
  ...PORTAL_SCOPES.split(" ").map((scope) => `extapi:${scope}`),
];

/** The records of `path` whose day is from `first` to `last`, both included, oldest first. */
export function listRecords(
  world: World,
  person: Person,
  path: string,
  first: LocalDate,
  last: LocalDate,
): SandboxRecord[] {
  const collection = COLLECTIONS[path];
  if (!collection) return [];
  const now = world.clock();
  const today = localDateIn(person.zone, now);
  const start = firstDay(world, person);
  const from = first < start ? start : first;
  const to = last > today ? today : last;
  const { changes, deleted } = publications(world, person);
  const records: SandboxRecord[] = [];
  for (const date of eachDay(from, to)) {
    const day = bodyDay(person, date, world.seed);
    const updates = (id: string) => changes.get(id) ?? 0;
    records.push(...collection.make({ world, person, day, date, updates }));
  }
  return records.filter((record) => record.availableAt <= now && !deleted.has(record.id));
}

/** One record by its id; the history is short enough to look through. */
export function findRecord(
  world: World,
  person: Person,
  path: string,
  id: string,
): SandboxRecord | undefined {
  const last = addDays(localDateIn(person.zone, world.clock()), 1);
  return listRecords(world, person, path, firstDay(world, person), last)
    .find((record) => record.id === id);
}

function publications(world: World, person: Person): {
  readonly changes: ReadonlyMap<string, number>;
  readonly deleted: ReadonlySet<string>;
} {
  const changes = new Map<string, number>();
  const deleted = new Set<string>();
  for (const one of world.store.state.published) {
    if (one.provider !== "oura" || one.person !== person.id || !one.recordId) continue;
    if (one.action === "delete") deleted.add(one.recordId);
    if (one.action === "update") changes.set(one.recordId, (changes.get(one.recordId) ?? 0) + 1);
  }
  return { changes, deleted };
}

/** The id in webhooks' `user_id` and in `personal_info`. */
export function ouraUserId(world: World, person: Person): string {
  return externalId(person, "oura", world.seed);
}

export function ringConfigurations(world: World, person: Person): Record<string, unknown>[] {
  return [{
    id: uuidOf(world.seed, "oura", person.id, "ring"),
    color: "titanium",
    design: "horizon",
    firmware_version: "3.4.3",
    hardware_type: "gen4",
    set_up_at: world.store.state.historyStart,
    size: 9,
  }];
}
