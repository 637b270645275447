import type { Sql } from "./client.ts";

/** A gate's answer: go where it has no seconds to wait. */
export interface GateAnswer {
  readonly waitSeconds: number;
  /** With microseconds: it is compared with what the database holds. */
  readonly slot: string | null;
  readonly watched: boolean;
}

/** Asks the gate of a provider for one request; all workers share its budget and its breaker. */
export async function enterGate(
  sql: Sql,
  p: {
    readonly provider: string;
    readonly limits: readonly { readonly requests: number; readonly perSeconds: number }[];
    readonly urgency: "pull" | "token" | "interactive";
  },
): Promise<GateAnswer> {
  const [row] = await sql<[GateAnswer]>`
    select wait_seconds as "waitSeconds", slot::text, watched
    from raphael_private.enter_gate(
      ${p.provider}, ${p.limits.map((limit) => limit.requests)}::int[], ${
    p.limits.map((limit) => limit.perSeconds)
  }::float8[], ${p.urgency}
    )`;
  return row;
}

/** Tells the gate how a request went. */
export async function leaveGate(
  sql: Sql,
  p: {
    readonly provider: string;
    readonly slot?: string;
    readonly outcome: "ok" | "limited" | "failed" | "unused";
    readonly retrySeconds?: number;
  },
): Promise<void> {
  await sql`
    select raphael_private.leave_gate(
      ${p.provider}, ${p.slot ?? null}::text::timestamptz, ${p.outcome}, ${p.retrySeconds ?? null}
    )`;
}
