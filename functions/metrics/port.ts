import type {
  accessesQuery,
  AccessRecord,
  Coverage,
  coverageQuery,
  Glucose,
  glucoseQuery,
  latestQuery,
  MetricOfDay,
  MetricRow,
  MetricSelection,
  metricsQuery,
  Preferences,
  preferencesBody,
  Series,
  seriesQuery,
  Sleep,
  sleepQuery,
  Workout,
  workoutsQuery,
} from "@shared/api/metrics.ts";
import type { BudgetAhead } from "@shared/core/budget.ts";
import type { Claims } from "@shared/http/claims.ts";
import type { Given } from "@shared/http/input.ts";
import type { z } from "zod";

/** Who asks: `claims` are what the database's row security judges by. */
export interface Who {
  readonly claims: Claims;
  readonly requestId: string;
  /** Taken from by the first read; absent where it was before. */
  readonly budget?: BudgetAhead;
}

/** What a query or body says, by whom. */
export type Ask<S extends z.ZodType> =
  & Who
  & Partial<MetricSelection>
  & Given<Omit<z.output<S>, "types">>;

interface Page<T> {
  readonly rows: readonly T[];
  readonly nextCursor?: string;
}

/** Reads as the person. */
export interface MetricsPort {
  list(ask: Ask<typeof metricsQuery>): Promise<Page<MetricRow>>;
  latest(ask: Ask<typeof latestQuery>): Promise<{ readonly rows: readonly MetricRow[] }>;
  glucose(ask: Ask<typeof glucoseQuery>): Promise<Glucose>;
  sleep(ask: Ask<typeof sleepQuery>): Promise<Sleep>;
  workouts(ask: Ask<typeof workoutsQuery>): Promise<Page<Workout>>;
  /** `days` back from the person's today, which is the last, where ends are absent. */
  summaries(
    ask: Ask<typeof latestQuery> & {
      readonly since?: string;
      readonly until?: string;
      readonly days: number;
    },
  ): Promise<{
    readonly timeZone: string | null;
    readonly today: string;
    readonly days: readonly {
      readonly date: string;
      readonly metrics: readonly MetricOfDay[];
    }[];
  }>;
  series(
    ask: Ask<typeof seriesQuery> & MetricSelection & {
      readonly since: Date;
      readonly until: Date;
    },
  ): Promise<Series>;
  coverage(ask: Ask<typeof coverageQuery>): Promise<readonly Coverage[]>;
  preferences(who: Who): Promise<Preferences>;
  setPreferences(ask: Who & Given<z.output<typeof preferencesBody>>): Promise<Preferences>;
  accesses(ask: Ask<typeof accessesQuery>): Promise<Page<AccessRecord>>;
}
