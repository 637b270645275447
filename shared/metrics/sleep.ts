import type { SleepStage } from "../catalog/normalized.ts";
import { DAY, SECOND } from "../core/time.ts";
import { readAs } from "../db/as_user.ts";
import type { Database } from "../db/client.ts";
import { readPerson } from "../db/person.ts";
import { readLastSleeps, type SleepRow } from "../db/sessions.ts";
import { type Judge, judgeOf } from "./person.ts";
import { rank, type Rule, type Source } from "./ranking.ts";
import { numbersOf, pick, sessionId } from "./sessions.ts";
import { accessOf, type Asked } from "./asked.ts";

export interface SleepAsked extends Omit<Asked, "types"> {
  /** How far back the last sleep may lie. */
  readonly days: number;
}

/** The last night, by the best source that has it, and the naps of that day and since. */
export async function latestSleep(db: Database, asked: SleepAsked, now: Date) {
  const since = new Date(now.getTime() - asked.days * DAY);
  const access = accessOf("metrics.sleep", { ...asked, since });
  type Read = readonly [Awaited<ReturnType<typeof readPerson>>, readonly SleepRow[]];
  const [[person], rows] = await readAs<Read>(db, access, (sql) => [
    readPerson(sql),
    readLastSleeps(sql, { ...asked, since }),
  ]);
  return lastNight(rows, judgeOf(person));
}

/** `rows`: the sleeps of one waking day from all sources, and what was slept after it. */
export function lastNight(rows: readonly SleepRow[], judge: Judge) {
  const localDate = rows.filter(({ isNap }) => isNap !== true)
    .reduce<string | null>(
      (date, row) => date === null || row.localDate < date ? row.localDate : date,
      null,
    );
  const night = rows.filter((row) => row.localDate === localDate && row.isNap !== true);
  const ranking = judge.ranking({ code: "sleep_duration", category: "sleep" });
  const spans = night.map((row) => ({
    row,
    source: judge.source(row.sourceId),
    lastAt: Date.parse(row.end),
  }));
  const { spans: [best, ...others], rules } = rank(spans, ranking);
  if (!best) return { localDate: null, sleep: null, parts: [], naps: [], alsoSeenBy: [] };
  const own = rows.filter(({ sourceId }) => sourceId === best.source.id)
    .map((row) => toSleep(row, judge));
  const ownNight = own.filter((sleep) => sleep.localDate === localDate && sleep.isNap !== true);
  const longest = ownNight.reduce((a, b) => lengthOf(b) > lengthOf(a) ? b : a);
  // What a provider does not call a nap, nor a part of the night, is a nap where it is short.
  const isNap = (sleep: Sleep) =>
    sleep.isNap === true || sleep.localDate !== localDate ||
    sleep.isNap === undefined && lengthOf(sleep) < NAP_SECONDS;
  const rest = own.filter((sleep) => sleep !== longest);
  return {
    localDate,
    sleep: longest,
    parts: rest.filter((sleep) => !isNap(sleep)),
    naps: rest.filter(isNap),
    alsoSeenBy: othersOf(others, rules, best.source.id, judge),
  };
}

const NAP_SECONDS = 3 * 3_600;

type Sleep = ReturnType<typeof toSleep>;

interface Span {
  readonly row: SleepRow;
  readonly source: Source;
}

/** Each other source once, with the longest it has. */
function othersOf(spans: readonly Span[], rules: readonly Rule[], winner: number, judge: Judge) {
  const seen = new Map<number, { readonly source: Source; readonly rule: Rule; asleep: number }>();
  spans.forEach(({ row, source }, index) => {
    if (source.id === winner) return;
    const known = seen.get(source.id) ?? { source, rule: rules[index] ?? "recency", asleep: 0 };
    known.asleep = Math.max(known.asleep, asleepOf(row) ?? 0);
    seen.set(source.id, known);
  });
  return [...seen.values()].map(({ source, asleep, rule }) => ({
    source: judge.ref(source.id),
    ...(asleep > 0 ? { asleepSeconds: asleep } : {}),
    rule,
  }));
}

const SLEEP_NUMBERS = [
  "deepSeconds",
  "lightSeconds",
  "remSeconds",
  "awakeSeconds",
  "latencySeconds",
  "hrAverage",
  "hrMinimum",
  "hrvRmssd",
  "hrvSdnn",
  "respiratoryRate",
  "spo2Average",
  "disturbances",
  "vendorScore",
] as const;

function toSleep(row: SleepRow, judge: Judge) {
  const numbers = numbersOf(row.measures);
  const efficiencyPercent = numbers["efficiencyPercent"];
  const inBed = numbers["inBedSeconds"] ?? lengthOf(row);
  const asleep = asleepOf(row);
  return {
    id: sessionId(row),
    source: judge.ref(row.sourceId),
    start: row.start,
    end: row.end,
    ...(row.offsetMinutes === null ? {} : { offsetMinutes: row.offsetMinutes }),
    localDate: row.localDate,
    ...(row.isNap === null ? {} : { isNap: row.isNap }),
    ...pick(numbers, SLEEP_NUMBERS),
    inBedSeconds: inBed,
    ...(asleep === undefined ? {} : { asleepSeconds: asleep }),
    ...(asleep === undefined || inBed <= 0 ? {} : { efficiency: 100 * asleep / inBed }),
    ...(efficiencyPercent === undefined ? {} : { vendorEfficiency: efficiencyPercent }),
    stages: stagesOf(row),
  };
}

const ASLEEP: ReadonlySet<SleepStage> = new Set(["asleep", "light", "deep", "rem"]);

/** As the provider says; else the stages it gives sums of, else the stages themselves. */
function asleepOf(row: SleepRow): number | undefined {
  const { asleepSeconds, deepSeconds, lightSeconds, remSeconds } = pick(
    numbersOf(row.measures),
    ["asleepSeconds", "deepSeconds", "lightSeconds", "remSeconds"],
  );
  if (asleepSeconds !== undefined) return asleepSeconds;
  const sums = [deepSeconds, lightSeconds, remSeconds].filter((sum) => sum !== undefined);
  if (sums.length > 0) return sums.reduce((total, sum) => total + sum, 0);
  const stages = stagesOf(row).filter(({ stage }) => ASLEEP.has(stage));
  if (stages.length === 0) return undefined;
  return stages.reduce((total, stage) => total + lengthOf(stage), 0);
}

function stagesOf({ stages }: SleepRow) {
  // SAFETY: stages are stored as `SleepSession` has them.
  return (stages ?? []) as readonly {
    readonly stage: SleepStage;
    readonly start: string;
    readonly end: string;
  }[];
}

function lengthOf({ start, end }: { readonly start: string; readonly end: string }): number {
  return (Date.parse(end) - Date.parse(start)) / SECOND;
}
