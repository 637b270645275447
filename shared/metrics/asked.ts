import type { MetricCode } from "../catalog/metrics.ts";
import type { BudgetAhead } from "../core/budget.ts";
import type { Access, UserClaims } from "../db/as_user.ts";

/** What every question about a person's own numbers has. */
export interface Asked {
  readonly claims: UserClaims;
  readonly requestId: string;
  readonly budget?: BudgetAhead;
  /** Catalog codes; absent means all. */
  readonly types?: readonly MetricCode[];
  /** Groups of which a day answers with the first code that it has. */
  readonly firstPresent?: readonly (readonly string[])[];
  /** What this provider gave, or this source. */
  readonly provider?: string;
  readonly source?: number;
}

/** The access that a question is, as the audit log keeps it. */
export function accessOf(
  action: string,
  { claims, requestId, budget, types, ...span }: Asked & Pick<Access, "since" | "until">,
): Access {
  return {
    claims,
    requestId,
    action,
    ...(budget ? { budget } : {}),
    ...(types ? { metrics: types } : {}),
    ...(span.since === undefined ? {} : { since: span.since }),
    ...(span.until === undefined ? {} : { until: span.until }),
  };
}
