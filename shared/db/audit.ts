import type { MetricCode } from "../catalog/metrics.ts";
import { type Access, detailsOf } from "./as_user.ts";
import type { Sql } from "./client.ts";
import { iso } from "./fragments.ts";

/** One line of the audit log. */
export interface AccessRow {
  /** bigint as text. */
  readonly id: string;
  /** ISO 8601 text with microseconds. */
  readonly at: string;
  readonly action: string;
  readonly details: {
    readonly metrics?: readonly MetricCode[];
    readonly since?: string;
    readonly until?: string;
  };
  readonly requestId: string;
}

/** Writes an access down that is no reading as the person. */
export function recordAccess(sql: Sql, access: Access) {
  return sql`
    select raphael_private.record_access(
      ${access.claims.sub}, ${access.action}, ${sql.json(detailsOf(access))}, ${access.requestId}
    )`;
}

/** A person's own lines, newest first. */
export function readAccesses(
  sql: Sql,
  p: { readonly userId: string; readonly before?: string; readonly limit: number },
) {
  return sql<AccessRow[]>`
    select id::text, ${iso(sql, sql`at`)} as at, action, details, request_id as "requestId"
    from raphael_private.accesses_of(${p.userId}, ${p.before ?? null}::bigint, ${p.limit})`;
}
