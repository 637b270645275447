import { type LocalDate, localDateOf } from "@shared/core/time.ts";
import { offsetAt } from "../clock.ts";
import type { Note, NotedFact } from "../ledger.ts";
import type { Person } from "../person.ts";
import { hexOf } from "../random.ts";
import type { ValidicUser } from "../store.ts";
import type { SandboxRecord, World } from "../world.ts";
import { validicTime } from "./users.ts";

/** A person's data at the source that they connected. */
export interface Validic {
  readonly world: World;
  readonly person: Person;
  readonly user: ValidicUser;
  readonly organization: string;
}

/** Records of one day: the person's, of a night and a training the one they end on, of series UTC's. */
export type Maker = (of: Validic, date: LocalDate) => readonly SandboxRecord[];

export interface Made {
  readonly type: string;
  /** Of what was published; else it follows from what the record is. */
  readonly id?: string;
  /** The source's own id, or that of a day at it. */
  readonly logId: string;
  readonly start: Date;
  readonly end: Date;
  readonly metrics: readonly object[];
  readonly facts: readonly NotedFact[];
  readonly availableAt: Date;
  /** When this version of it was made. */
  readonly createdAt: Date;
  readonly deletedAt?: Date;
  readonly own?: Readonly<Record<string, unknown>>;
  readonly source?: Readonly<Record<string, unknown>>;
}

/** What a record of every resource has. */
export function recordOf(of: Validic, made: Made): SandboxRecord {
  const { world, person, user, organization } = of;
  const { type, logId, start, end, metrics } = made;
  const id = made.id ?? hexOf(32, world.seed, "validic", person.id, type, logId);
  const body = {
    checksum: hexOf(32, JSON.stringify(metrics)),
    created_at: made.createdAt.toISOString(),
    deleted_at: made.deletedAt ? made.deletedAt.toISOString() : null,
    end_time: validicTime(end),
    id,
    log_id: logId,
    metrics,
    offset_origin: "source",
    source: { type: user.source?.type, ...made.source ?? { device: null } },
    start_time: validicTime(start),
    tags: [],
    type,
    user: { organization_id: organization, user_id: user.id, uid: user.uid },
    user_notes: [],
    utc_offset: offsetAt(person.zone, start) * 60,
    version: "1.0",
    ...made.own,
  };
  const facts = made.deletedAt ? [] : made.facts;
  return { id, day: localDateOf(start), availableAt: made.availableAt, body, facts };
}

/** Writes a metric and its meaning; of a figure that means nothing to us only the metric. */
export function figuresBy(note: Note) {
  const bare = (type: string, unit: string, value: number) => ({
    type,
    origin: "device",
    unit,
    value,
  });
  return {
    bare,
    figure: (
      type: string,
      unit: string,
      value: number,
      metric: string,
      how: Parameters<Note>[2] = {},
    ) => bare(type, unit, note(metric, value, how)),
    /** Seconds here, minutes in the catalog. */
    seconds: (type: string, value: number, metric: string) =>
      bare(type, "s", note(metric, value, { value: value / 60 })),
  };
}
