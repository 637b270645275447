import type { Database } from "../db/client.ts";
import { measureClockSkew, takeAlerts } from "../db/health.ts";

interface Deps {
  readonly db: Database;
  readonly now: () => Date;
  readonly log: (
    level: "info" | "warn" | "error",
    event: string,
    fields?: Record<string, unknown>,
  ) => void;
}

/**
 * Looks at the database's health, at most once a minute, and logs `alert` for what is newly out of order
 * and `alert_over` for what is in order again. Thresholds are rows of `raphael_private.alert_thresholds`.
 */
export function createWatch({ db, now, log }: Deps, everyMs = 60_000): () => Promise<void> {
  let looked = -Infinity;
  return async () => {
    if (performance.now() - looked < everyMs) return;
    looked = performance.now();
    const skew = await db.query((sql) => measureClockSkew(sql, now));
    for (const alert of await db.query((sql) => takeAlerts(sql, skew))) {
      const { name, subject, value, threshold, isFiring } = alert;
      if (isFiring) log("error", "alert", { alert: name, subject, value, threshold });
      else log("info", "alert_over", { alert: name, subject });
    }
  };
}
