import type { Sql } from "./client.ts";
import { iso, ofSources, type SourceFilter, userKey } from "./fragments.ts";

/** A sleep or a workout as it is stored. Times are ISO 8601 text with microseconds. */
export interface SessionRow {
  /** bigint as text. */
  readonly recordId: string;
  readonly sessionId: string;
  readonly sourceId: number;
  readonly start: string;
  readonly end: string;
  readonly offsetMinutes: number | null;
  readonly localDate: string;
  readonly measures: Readonly<Record<string, unknown>>;
}

export interface SleepRow extends SessionRow {
  readonly isNap: boolean | null;
  readonly stages:
    | readonly { readonly stage: string; readonly start: string; readonly end: string }[]
    | null;
}

/** All sleeps of the waking day of the last sleep that is no nap, and naps since; newest first. */
export function readLastSleeps(sql: Sql, f: SourceFilter & { readonly since: Date }) {
  return sql<SleepRow[]>`
    with last as materialized (
      select s.local_date, s.start_at from raphael.sessions s
      where s.user_key = ${userKey(sql)} and s.kind = 'sleep' and s.start_at >= ${f.since}
        and s.is_nap is not true ${ofSources(sql, sql`s.source_id`, f)}
      order by s.start_at desc limit 1
    )
    select ${columns(sql)}, s.is_nap as "isNap", s.stages
    from raphael.sessions s
    where s.user_key = ${userKey(sql)} and s.kind = 'sleep'
      -- Of one waking day: no sleep lasts two days.
      and s.start_at >= (select last.start_at - interval '48 hours' from last)
      and s.local_date >= (select last.local_date from last)
      ${ofSources(sql, sql`s.source_id`, f)}
    order by s.start_at desc, s.record_id desc, s.session_id desc`;
}

export interface Lap {
  readonly start: string;
  readonly end: string;
  readonly distanceMetres?: number;
  readonly energyKilocalories?: number;
  readonly hrAverage?: number;
  readonly hrMaximum?: number;
  readonly averagePowerWatts?: number;
}

/** A place between two sessions in the order newest first. */
export interface SessionKey {
  readonly start: string;
  readonly recordId: string;
  readonly sessionId: string;
}

export interface WorkoutRow extends SessionRow {
  readonly type: string | null;
  /** As the driver gave them, times as ISO 8601 text. */
  readonly laps: readonly Lap[] | null;
  /** Other sources' workouts at the same time. */
  readonly others: readonly {
    readonly recordId: string;
    readonly sessionId: string;
    readonly sourceId: number;
    /** Milliseconds since 1970. */
    readonly start: number;
    readonly end: number;
  }[];
}

export interface WorkoutFilter extends SourceFilter {
  readonly since?: Date;
  readonly until?: Date;
  readonly type?: string;
  readonly after?: SessionKey;
  readonly limit: number;
}

/** Workouts by their start, newest first. */
export function readWorkouts(sql: Sql, f: WorkoutFilter) {
  const { after } = f;
  return sql<WorkoutRow[]>`
    select ${columns(sql)}, s.type, s.laps, (
      select coalesce(jsonb_agg(jsonb_build_object(
        'recordId', o.record_id::text, 'sessionId', o.session_id, 'sourceId', o.source_id,
        'start', date_part('epoch', o.start_at) * 1000, 'end', date_part('epoch', o.end_at) * 1000
      )), '[]')
      from raphael.sessions o
      -- A day is longer than nearly all workouts, and short enough to look through.
      where o.user_key = s.user_key and o.kind = 'workout' and o.source_id <> s.source_id
        and o.start_at >= s.start_at - interval '24 hours' and o.start_at < s.end_at and o.end_at > s.start_at
    ) as others
    from raphael.workouts s
    where s.user_key = ${userKey(sql)}
      ${f.since ? sql`and s.start_at >= ${f.since}` : sql``}
      ${f.until ? sql`and s.start_at < ${f.until}` : sql``}
      ${f.type ? sql`and s.type = ${f.type}` : sql``}
      ${ofSources(sql, sql`s.source_id`, f)}
      ${
    after
      ? sql`
      and s.start_at <= ${after.start}::text::timestamptz
      and (s.start_at, s.record_id, s.session_id)
        < (${after.start}::text::timestamptz, ${after.recordId}::bigint, ${after.sessionId})`
      : sql``
  }
    order by s.start_at desc, s.record_id desc, s.session_id desc
    limit ${f.limit}`;
}

function columns(sql: Sql) {
  return sql`
    s.record_id::text as "recordId", s.session_id as "sessionId", s.source_id as "sourceId",
    ${iso(sql, sql`s.start_at`)} as start, ${iso(sql, sql`s.end_at`)} as "end",
    s.offset_minutes as "offsetMinutes", s.local_date::text as "localDate", s.measures`;
}
