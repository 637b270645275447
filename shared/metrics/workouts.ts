import { SECOND } from "../core/time.ts";
import { readAs } from "../db/as_user.ts";
import type { Database } from "../db/client.ts";
import { readPerson } from "../db/person.ts";
import { readWorkouts, type WorkoutRow } from "../db/sessions.ts";
import { BIGINT, readCursor, START, TEXT, writeCursor } from "./cursor.ts";
import { type Judge, judgeOf } from "./person.ts";
import { rank } from "./ranking.ts";
import { numbersOf, pick, sessionId } from "./sessions.ts";
import { accessOf, type Asked } from "./asked.ts";

export interface WorkoutsAsked extends Omit<Asked, "types"> {
  readonly since?: Date;
  readonly until?: Date;
  /** Our word for the sport. */
  readonly type?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** A person's workouts, newest first, and the cursor of the next page where there is one. */
export async function listWorkouts(db: Database, asked: WorkoutsAsked) {
  const [start = "", recordId = "", id = ""] = asked.cursor === undefined
    ? []
    : readCursor(asked.cursor, [START, BIGINT, TEXT]);
  type Read = readonly [Awaited<ReturnType<typeof readPerson>>, readonly WorkoutRow[]];
  const [[person], rows] = await readAs<Read>(db, accessOf("metrics.workouts", asked), (sql) => [
    readPerson(sql),
    readWorkouts(sql, {
      ...asked,
      limit: asked.limit + 1,
      ...(start ? { after: { start, recordId, sessionId: id } } : {}),
    }),
  ]);
  const judge = judgeOf(person);
  const page = rows.slice(0, asked.limit);
  const last = page.at(-1);
  return {
    rows: page.map((row) => toWorkout(row, judge)),
    ...(rows.length > asked.limit && last
      ? { nextCursor: writeCursor([last.start, last.recordId, last.sessionId]) }
      : {}),
  };
}

const WORKOUT_NUMBERS = [
  "movingSeconds",
  "distanceMetres",
  "averageSpeed",
  "maximumSpeed",
  "energyKilocalories",
  "steps",
  "hrAverage",
  "hrMaximum",
  "hrMinimum",
  "averagePowerWatts",
  "maximumPowerWatts",
  "elevationGainMetres",
  "strain",
] as const;

export function toWorkout(row: WorkoutRow, judge: Judge) {
  const { vendorType, zoneSeconds } = row.measures;
  const numbers = numbersOf(row.measures);
  const shown = pick(numbers, WORKOUT_NUMBERS);
  const durationSeconds = numbers["durationSeconds"] ??
    (Date.parse(row.end) - Date.parse(row.start)) / SECOND;
  const { distanceMetres = 0, movingSeconds = durationSeconds } = shown;
  const zones = Array.isArray(zoneSeconds)
    ? zoneSeconds.filter((zone): zone is number => typeof zone === "number")
    : [];
  const better = betterOne(row, judge);
  return {
    id: sessionId(row),
    source: judge.ref(row.sourceId),
    ...(row.type === null ? {} : { type: row.type }),
    ...(typeof vendorType === "string" ? { vendorType } : {}),
    start: row.start,
    end: row.end,
    ...(row.offsetMinutes === null ? {} : { offsetMinutes: row.offsetMinutes }),
    localDate: row.localDate,
    durationSeconds,
    ...shown,
    ...(distanceMetres > 0 && movingSeconds > 0
      ? { paceSecondsPerKilometre: movingSeconds * 1_000 / distanceMetres }
      : {}),
    ...(zones.length > 0 ? { zoneSeconds: zones } : {}),
    ...(row.laps && row.laps.length > 0 ? { laps: row.laps } : {}),
    ...(better === undefined ? {} : { duplicateOf: better }),
  };
}

/** Half of the shorter of two: what shares less was done one after the other. */
const SAME = 0.5;

/** Id of the same workout by the best of the sources that have it; nothing where that is this one. */
function betterOne(row: WorkoutRow, judge: Judge): string | undefined {
  const start = Date.parse(row.start);
  const end = Date.parse(row.end);
  const same = row.others.filter((other) => {
    const shared = Math.min(end, other.end) - Math.max(start, other.start);
    return shared >= SAME * Math.min(end - start, other.end - other.start);
  });
  const own = { recordId: row.recordId, sessionId: row.sessionId, sourceId: row.sourceId, end };
  const spans = [own, ...same].map((workout) => ({
    workout,
    source: judge.source(workout.sourceId),
    lastAt: workout.end,
  }));
  const ranking = judge.ranking({ code: "workout_duration", category: "workout" });
  const best = rank(spans, ranking).spans[0]?.workout;
  return best === undefined || best === own ? undefined : sessionId(best);
}
