/** The queues that are compared, each as one process drives it. */
import type postgres from "postgres";
import type { BenchDatabase } from "../support/database.ts";
import { DENO, type Program } from "../support/workers.ts";

export interface Subject {
  readonly name: string;
  /** The database it is in; Redis' queues have none. */
  readonly admin?: postgres.Sql;
  readonly program: Program;
  /** Below bench/. */
  readonly script: string;
  readonly mode: string;
  readonly url: string;
  /** Part of the jobs that it gets: a slow one need not make a round long. */
  readonly share?: number;
  /** Empties the queue before a round, where SQL can. */
  readonly reset?: string;
  /** Whether jobs are left: asked after the last one was handled, until none is. */
  readonly left?: string;
}

export interface Places {
  readonly node: Program;
  readonly database: BenchDatabase;
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

export function subjects({ node, database, redis }: Places) {
  const { admin, url, appUrl } = database;
  const product = { ...OURS, admin, url: appUrl };
  const bullmq = (fsync: "everysec" | "always", port: number): Subject => ({
    name: `BullMQ, AOF ${fsync}`,
    program: node,
    script: "queue/bullmq.ts",
    mode: fsync,
    url: String(port),
  });
  return {
    ours: { name: "ours", ...product, mode: "listening" },
    polling: { name: "ours, polling", ...product, mode: "polling" },
    unprepared: { name: "ours, unprepared", ...product, mode: "unprepared" },
    tuned: { name: "graphile tuned", ...GRAPHILE, admin, program: node, mode: "tuned", url },
    plain: {
      name: "graphile default",
      ...GRAPHILE,
      admin,
      program: node,
      mode: "default",
      url,
      share: 0.2,
    },
    boss: {
      name: "pg-boss tuned",
      admin,
      program: node,
      script: "queue/pg_boss.ts",
      mode: "tuned",
      url,
      reset: "truncate pgboss.job",
    },
    ...redis
      ? {
        everysec: bullmq("everysec", redis.everysec),
        always: bullmq("always", redis.always),
      }
      : {},
  } as const satisfies Record<string, Subject>;
}

/** An empty queue on settled tables: the round before must not be paid for in this one. */
export async function reset({ admin, reset }: Subject): Promise<void> {
  if (!admin || !reset) return;
  await admin.unsafe(reset).simple();
  await admin.unsafe("checkpoint").simple();
}
