/** The parts of the queue's benchmark: each is rounds of A B C A B C, and what came of them. */
import type { Finding } from "../support/report.ts";
import { percentile } from "../support/statistics.ts";
import { drain, fill, latencies } from "./drive.ts";
import { backlog, ceiling, oldSnapshot, upkeep } from "./server_parts.ts";
import { type PartOptions, Rounds, sized, type Subjects } from "./rounds.ts";

type Part = (all: Subjects, options: PartOptions) => Promise<readonly Finding[]>;

export const PARTS = ["drain", "effect", "latency", "snapshot", "backlog", "upkeep"] as const;
export type PartName = (typeof PARTS)[number];

/** Fewer: each effect is a row of its own, and a queue commits each of them. */
const EFFECT_SHARE = 0.5;
const LATENCY_JOBS = 150;

export const RUN: Readonly<Record<PartName, Part>> = {
  drain: async (all, options) => [
    ...await drains(all, options, 1, { enqueue: true }),
    ...await drains(all, options, 2, { enqueue: false }),
    ...await ceiling(all, options),
  ],
  effect: async (
    all,
    options,
  ) => [...await effects(all, options, 1), ...await effects(all, options, 2)],
  latency,
  snapshot: oldSnapshot,
  backlog,
  upkeep,
};

/** Jobs that do nothing: what the queue itself costs, and what adding them in bulk does. */
async function drains(
  all: Subjects,
  { rounds, jobs, log }: PartOptions,
  processes: number,
  { enqueue }: { enqueue: boolean },
): Promise<readonly Finding[]> {
  const { ours, unprepared, tuned, plain, boss, everysec, always } = all;
  const compared = [ours, unprepared, tuned, plain, boss, everysec, always].filter((one) =>
    one !== undefined
  );
  const added = new Rounds();
  const drained = new Rounds();
  for (let round = 0; round < rounds; round++) {
    for (const subject of compared) {
      const size = sized(subject, jobs);
      added.add(subject, await fill(subject, size));
      const rate = await drain(subject, { jobs: size, processes, handler: "nothing" });
      drained.add(subject, rate);
      log(`  ${round + 1} ${subject.name}: ${Math.round(rate)}/s with ${processes}`);
    }
  }
  const metric = `no-op drain jobs/s, ${processes} process${processes > 1 ? "es" : ""}`;
  const others = compared.filter((one) => one !== ours);
  return [
    ...others.map((versus) => drained.finding(metric, ours, versus)),
    ...enqueue ? others.map((versus) => added.finding("bulk enqueue jobs/s", ours, versus)) : [],
  ];
}

/** Jobs of one row: in ours it commits with the job, fenced; in the others before it, at least once. */
async function effects(
  all: Subjects,
  { rounds, jobs, log }: PartOptions,
  processes: number,
): Promise<readonly Finding[]> {
  const { ours, tuned } = all;
  const drained = new Rounds();
  for (let round = 0; round < rounds; round++) {
    for (const subject of [ours, tuned] as const) {
      const size = sized(subject, jobs * EFFECT_SHARE);
      await fill(subject, size);
      const rate = await drain(subject, { jobs: size, processes, handler: "effect" });
      drained.add(subject, rate);
      log(`  ${round + 1} ${subject.name}: ${Math.round(rate)}/s with ${processes}`);
    }
  }
  const metric = `drain with one row's effect jobs/s, ${processes} process${
    processes > 1 ? "es" : ""
  }`;
  return [drained.finding(metric, ours, tuned)];
}

async function latency(
  all: Subjects,
  { rounds, log }: PartOptions,
): Promise<readonly Finding[]> {
  const { ours, polling, tuned, plain, boss, everysec } = all;
  const middle = new Rounds();
  const slowest = new Rounds();
  const compared = [ours, polling, tuned, plain, boss, everysec].filter((one) => one !== undefined);
  for (let round = 0; round < rounds; round++) {
    for (const subject of compared) {
      const samples = await latencies(subject, LATENCY_JOBS);
      middle.add(subject, percentile(samples, 50));
      slowest.add(subject, percentile(samples, 99));
      log(`  ${round + 1} ${subject.name}: p50 ${percentile(samples, 50).toFixed(2)} ms`);
    }
  }
  return compared.slice(1).flatMap((versus) => [
    middle.finding("idle latency p50 ms", ours, versus),
    slowest.finding("idle latency p99 ms", ours, versus),
  ]);
}
