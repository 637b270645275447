import { type Aggregate, type MetricCode, METRICS } from "../catalog/metrics.ts";
import type { Database } from "../db/client.ts";
import { type DaysAsked, type MetricDay, readMetricDays } from "./metric_days.ts";
import type { Judge } from "./person.ts";
import type { Receipt, Share } from "./truth.ts";

/** A metric of a day as answers show it. */
export interface MetricOfDay {
  readonly metric: MetricCode;
  readonly value: number;
  readonly unit: string;
  readonly aggregate: Exclude<Aggregate, "none">;
  readonly low: number;
  readonly high: number;
  readonly receipt: ReturnType<typeof toReceipt>;
}

export interface DailySummaries {
  readonly timeZone: string | null;
  readonly today: string;
  /** Newest first; days without values are left out. */
  readonly days: readonly { readonly date: string; readonly metrics: readonly MetricOfDay[] }[];
}

/** A year of 60 metrics of one source; an answer of 10 MB. */
const MAX_ROWS = 25_000;

/** Each of the days, with the receipt of every metric. */
export async function dailySummaries(
  db: Database,
  asked: Omit<DaysAsked, "action" | "maxRows">,
): Promise<DailySummaries> {
  const { person, judge, days } = await readMetricDays(db, {
    ...asked,
    action: "metrics.summary",
    maxRows: MAX_ROWS,
  });
  const byDate = Map.groupBy(days, ({ date }) => date);
  return {
    timeZone: person.timeZone,
    today: person.today,
    days: [...byDate].map(([date, metrics]) => ({
      date,
      metrics: withoutParts(metrics, asked.firstPresent ?? [])
        .map((metric) => toMetricOfDay(metric, judge)),
    })),
  };
}

/** Without what is a part of something else that the day has. */
function withoutParts(
  metrics: readonly MetricDay[],
  groups: readonly (readonly string[])[],
): readonly MetricDay[] {
  const present = new Set<string>(metrics.map(({ metric }) => metric));
  const parts = new Set(groups.flatMap((group) => {
    const whole = group.findIndex((code) => present.has(code));
    return whole < 0 ? [] : group.slice(whole + 1);
  }));
  return metrics.filter(({ metric }) => !parts.has(metric));
}

function toMetricOfDay({ metric, truth, low, high }: MetricDay, judge: Judge): MetricOfDay {
  const { unit, aggregate } = METRICS[metric];
  if (aggregate === "none") throw new Error(`Cannot show ${metric}: it is never aggregated`);
  return {
    metric,
    value: truth.value,
    unit,
    aggregate,
    low,
    high,
    receipt: toReceipt(truth.receipt, judge),
  };
}

function toReceipt({ rule, winner, losers }: Receipt, judge: Judge) {
  const shown = <T extends Share>(share: T) => ({ ...share, source: judge.ref(share.source.id) });
  return { rule, winner: shown(winner), losers: losers.map(shown) };
}
