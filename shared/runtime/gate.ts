import type { Database } from "../db/client.ts";
import { enterGate, leaveGate } from "../db/gates.ts";
import type { Log } from "../http/log.ts";
import type { ProviderGate } from "../providers/gate.ts";

/** The gate that all workers share: its state is in the database, and so is its clock. */
export function createGate(db: Database, log: Log): ProviderGate {
  return {
    async enter({ slug: provider, limits = [] }, urgency) {
      const appLimits = limits.filter((limit) => limit.scope === "app");
      const answer = await db.query((sql) =>
        enterGate(sql, { provider, limits: appLimits, urgency })
      );
      const { waitSeconds: seconds, slot, watched } = answer;
      if (seconds > 0) return { kind: "wait", seconds };
      return { kind: "pass", watched, ...(slot === null ? {} : { slot }) };
    },

    async leave(provider, { slot, watched }, outcome) {
      const isNews = outcome.kind === "limited" || outcome.kind === "failed";
      if (!isNews && !watched && slot === undefined) return;
      try {
        await db.query((sql) =>
          leaveGate(sql, {
            provider,
            outcome: outcome.kind,
            ...(slot === undefined ? {} : { slot }),
            ...(outcome.kind === "limited" ? { retrySeconds: outcome.retryAfter } : {}),
          })
        );
      } catch (error) {
        // The answer that the provider gave counts for more: a slot runs out, and the next call tells.
        const reason = error instanceof Error ? error.name : "unknown";
        log("warn", "gate_not_told", { provider, outcome: outcome.kind, reason });
      }
    },
  };
}
