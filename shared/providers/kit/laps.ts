import type { WorkoutLap } from "../../catalog/normalized.ts";
import type { Reading } from "../../catalog/units.ts";
import { present } from "./measure.ts";

/** A lap as read: its readings may be absent, and so may its time. */
export type ReadLap =
  & { readonly start: Date | undefined; readonly end: Date | undefined }
  & { readonly [K in Exclude<keyof WorkoutLap, "start" | "end">]?: Reading };

/**
 * A workout's laps, the earliest first; nothing where there are none. What has no time, or ends before
 * it starts, is no lap: the raw record keeps it.
 */
export function lapsOf(laps: readonly ReadLap[]): readonly WorkoutLap[] | undefined {
  const whole = laps.flatMap(({ start, end, ...readings }): WorkoutLap[] =>
    start && end && start <= end ? [{ start, end, ...present(readings) }] : []
  );
  return whole.length > 0
    ? whole.toSorted((a, b) => a.start.getTime() - b.start.getTime())
    : undefined;
}
