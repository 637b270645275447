/** The queues that are compared, each as one process drives it. */
import type postgres from "postgres";
import type { Program } from "../support/workers.ts";
import { DENO } from "../support/workers.ts";

export interface Subject {
  readonly name: string;
  readonly program: Program;
  /** Below bench/. */
  readonly script: string;
  readonly mode: string;
  readonly url: string;
  /** Empties the queue before a round, where SQL can. */
  readonly reset?: string;
  /** Whether jobs are left: asked after the last one was handled, until none is. */
  readonly left?: string;
}

export interface Places {
  readonly node: Program;
  readonly url: string;
  readonly appUrl: string;
  readonly redis: Readonly<Record<"everysec" | "always", number>> | undefined;
}

const OURS = {
  program: DENO,
  script: "queue/ours.ts",
  reset: "truncate raphael_private.sync_jobs, raphael_private.dead_jobs, bench.effect",
  left: "select exists (select from raphael_private.sync_jobs) as left",
};
const GRAPHILE = {
  script: "queue/graphile.ts",
  reset: "truncate graphile_worker._private_jobs, bench.effect",
  left: "select exists (select from graphile_worker._private_jobs) as left",
};

export function subjects({ node, url, appUrl, redis }: Places) {
  const bullmq = (fsync: "everysec" | "always", port: number): Subject => ({
    name: `BullMQ, AOF ${fsync}`,
    program: node,
    script: "queue/bullmq.ts",
    mode: fsync,
    url: String(port),
  });
  return {
    ours: { name: "ours, batched", ...OURS, mode: "batched", url: appUrl },
    runner: { name: "ours, runner", ...OURS, mode: "runner", url: appUrl },
    polling: { name: "ours, polling", ...OURS, mode: "polling", url: appUrl },
    noCursor: { name: "ours, no cursor", ...OURS, mode: "no-cursor", url: appUrl },
    tuned: { name: "graphile tuned", ...GRAPHILE, program: node, mode: "tuned", url },
    plain: { name: "graphile default", ...GRAPHILE, program: node, mode: "default", url },
    boss: {
      name: "pg-boss tuned",
      program: node,
      script: "queue/pg_boss.ts",
      mode: "tuned",
      url,
      reset: "truncate pgboss.job",
    },
    ...redis
      ? { everysec: bullmq("everysec", redis.everysec), always: bullmq("always", redis.always) }
      : {},
  } as const satisfies Record<string, Subject>;
}

/** An empty queue on settled tables: the round before must not be paid for in this one. */
export async function reset(admin: postgres.Sql, subject: Subject): Promise<void> {
  if (!subject.reset) return;
  await admin.unsafe(subject.reset).simple();
  await admin.unsafe("checkpoint").simple();
}
