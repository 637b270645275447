/** The `sleep` of a phone's upload: one element a stage, of which nights are made. */
import { z } from "zod";
import type { SleepSession, SleepStage, SleepStageSpan } from "../catalog/normalized.ts";
import { HOUR, localDateOf, MINUTE, parseInstant, SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import { present, rate } from "./kit/measure.ts";
import { deviceOf, type Element, element, refOf, uploadPage, whenOf } from "./mobile_sdk.ts";
import type { NormaliseContext } from "./resource.ts";

/** The SDKs' words, old and new, without case and underscores. */
const STAGES: Readonly<Record<string, SleepStage>> = {
  inbed: "in_bed",
  sleeping: "asleep",
  asleep: "asleep",
  awake: "awake",
  light: "light",
  core: "light",
  deep: "deep",
  rem: "rem",
};

/** HealthKit has no sessions: what a source wrote with a longer gap between is another sleep. */
const MAX_GAP = 2 * HOUR;
/** A phone that was put down for a moment writes "in bed" too. */
const MIN_IN_BED = 3 * MINUTE;

/**
 * Elements of one sleep: those of one parent, else those that one source wrote in a row. The night's
 * id is its parent's or its first element's.
 */
function nights(rows: readonly unknown[]): readonly (readonly unknown[])[] {
  const groups: { key: string; end: number; rows: unknown[] }[] = [];
  const timed = rows
    .map((row) => ({ row, data: element.safeParse(row).data }))
    .map(({ row, data }) => ({ row, data, start: timeOf(data?.startDate) }))
    .toSorted((a, b) => a.start - b.start || 0);
  for (const { row, data, start } of timed) {
    const key = !data || Number.isNaN(start)
      ? undefined
      : data.parentId || `${deviceOf(data)} ${data.source?.appId ?? data.source?.bundleIdentifier}`;
    const last = groups.findLast((group) => group.key === key);
    const end = timeOf(data?.endDate);
    if (key !== undefined && last && (data?.parentId || start - last.end <= MAX_GAP)) {
      last.rows.push(row);
      last.end = Math.max(last.end, end || start);
    } else groups.push({ key: key ?? "", end: end || start, rows: [row] });
  }
  return groups.map((group) => group.rows);
}

function timeOf(text: string | null | undefined): number {
  return parseInstant(text ?? "")?.instant.getTime() ?? NaN;
}

interface Segment extends SleepStageSpan {
  readonly row: Element;
  readonly offsetMinutes?: number;
}

/** Its elements in order; those without a time or a length are left out. */
function segmentsOf(night: readonly unknown[], context: NormaliseContext): readonly Segment[] {
  return night.flatMap((row): Segment[] => {
    const { data } = element.safeParse(row);
    const when = data && whenOf(data, context);
    if (!data || !when || "kind" in when || !when.end || when.end < when.start) return [];
    const word = String(data["stage"] ?? "").toLowerCase().replaceAll(/[^a-z]/g, "");
    const { start, end, ...rest } = when;
    return [{ stage: STAGES[word] ?? "unknown", start, end, row: data, ...rest }];
  }).toSorted((a, b) => a.start.getTime() - b.start.getTime());
}

/** Seconds that any of `spans` covers: what two of them cover counts once. */
function covered(spans: readonly SleepStageSpan[]): number {
  let total = 0;
  let until = -Infinity;
  for (const { start, end } of spans) {
    total += Math.max(0, end.getTime() - Math.max(start.getTime(), until));
    until = Math.max(until, end.getTime());
  }
  return total / SECOND;
}

/** The sleep that `segments` make; nothing where the person only lay down for a moment. */
function sessionOf(segments: readonly Segment[]): SleepSession | undefined {
  const [first] = segments;
  if (!first) return undefined;
  const of = (...stages: readonly SleepStage[]) => {
    const spans = segments.filter(({ stage }) => stages.includes(stage));
    return spans.length > 0 ? covered(spans) : undefined;
  };
  const asleepSeconds = of("asleep", "light", "deep", "rem");
  const end = new Date(Math.max(...segments.map((one) => one.end.getTime())));
  if (asleepSeconds === undefined && end.getTime() - first.start.getTime() < MIN_IN_BED) {
    return undefined;
  }
  const { offsetMinutes } = segments.find((one) => one.offsetMinutes !== undefined) ?? first;
  const device = deviceOf(first.row);
  const durations = {
    inBedSeconds: of("in_bed") === undefined
      ? undefined
      : of("in_bed", "asleep", "light", "deep", "rem", "awake"),
    asleepSeconds,
    deepSeconds: of("deep"),
    lightSeconds: of("light"),
    remSeconds: of("rem"),
    awakeSeconds: of("awake"),
  };
  return {
    kind: "sleep",
    start: first.start,
    end,
    ...(offsetMinutes === undefined
      ? {}
      : { offsetMinutes, localDate: localDateOf(end, offsetMinutes) }),
    ...(device ? { device } : {}),
    ...present(durations),
    stages: segments.map(({ stage, start, end }) => ({ stage, start, end })),
  };
}

export const sleep = resource({
  name: "sleep",
  aliases: ["sleep"],
  produces: ["sleep_score"],
  sessions: ["sleep"],
  page: uploadPage<readonly unknown[]>(
    "sleep",
    z.array(z.looseObject({ id: z.string() })).min(1),
    nights,
  ),
  record(night, context) {
    const { data } = element.safeParse(night[0]);
    return data && refOf(data.parentId || data.id, context);
  },
  *normalise(night, context) {
    const segments = segmentsOf(night, context);
    if (segments.length === 0) return yield { kind: "quarantine", reason: "no_time" };
    const session = sessionOf(segments);
    if (!session) return;
    yield session;
    // Samsung repeats the night's score beside each of its stages.
    const score = segments.flatMap(({ row }) => row.values ?? [])
      .find(({ type, value }) => type === "sleepScore" && typeof value === "number")?.value;
    const { start, end, localDate, offsetMinutes } = session;
    const at = { start, end, ...present({ localDate, offsetMinutes }) };
    yield* rate("sleep_score", typeof score === "number" ? score : undefined, [0, 100], at);
  },
});
