/** What only this queue is asked: old snapshots, a long backlog, HOT, WAL, and how near it is to its server. */
import type { Finding } from "../support/report.ts";
import { drain, fill } from "./drive.ts";
import { type PartOptions, Rounds, sized, type Subjects } from "./rounds.ts";
import { reset, type Subject } from "./subjects.ts";

const BACKLOG = 1_000_000;
const ONE = { processes: 1, handler: "nothing" } as const;

/** The same drain while another session holds a snapshot from before it. */
export async function oldSnapshot(
  { ours }: Subjects,
  { rounds, jobs, log }: PartOptions,
): Promise<readonly Finding[]> {
  const drained = new Rounds();
  const held = (subject: Subject) => ({ name: `${subject.name}, old snapshot held` });
  for (let round = 0; round < rounds; round++) {
    for (const subject of [ours]) {
      await fill(subject, jobs);
      drained.add(subject, await drain(subject, { jobs, ...ONE }));
      await fill(subject, jobs);
      const rate = await withSnapshot(subject, () => drain(subject, { jobs, ...ONE }));
      drained.add(held(subject), rate);
      log(`  ${round + 1} ${held(subject).name}: ${Math.round(rate)}/s`);
    }
  }
  const metric = "no-op drain jobs/s with an old snapshot";
  return [drained.finding(metric, held(ours), ours)];
}

async function withSnapshot<T>(subject: Subject, use: () => Promise<T>): Promise<T> {
  if (!subject.admin) throw new Error(`Cannot hold a snapshot: ${subject.name} has no database`);
  const session = await subject.admin.reserve();
  try {
    await session`begin isolation level repeatable read`;
    await session`select count(*) from pg_class`;
    return await use();
  } finally {
    await session`rollback`;
    session.release();
  }
}

/** A million jobs wait: the same number of jobs is drained from the front. */
export async function backlog(
  { ours }: Subjects,
  { rounds, jobs, log }: PartOptions,
): Promise<readonly Finding[]> {
  const drained = new Rounds();
  const long = { name: `${ours.name}, 1 M wait` };
  for (let round = 0; round < rounds; round++) {
    await fill(ours, jobs);
    drained.add(ours, await drain(ours, { jobs, ...ONE }));
    await reset(ours);
    await ours.admin`
      insert into raphael_private.sync_jobs (kind, queue, dedup_key, payload, priority, max_attempts)
      select 'webhook.process', 3, 'webhook:backlog' || i, jsonb_build_object('eventId', 'backlog' || i), 100, 3
      from generate_series(1, ${BACKLOG}::int) i`;
    const rate = await drain(ours, { jobs, ...ONE, toTheEnd: false });
    drained.add(long, rate);
    log(`  ${round + 1} ${long.name}: ${Math.round(rate)}/s`);
  }
  await reset(ours);
  return [drained.finding("no-op drain jobs/s with 1 M waiting", long, ours)];
}

/** How much of what the server does by itself arrives at a worker. */
export async function ceiling(
  { ours }: Subjects,
  { rounds, jobs }: PartOptions,
): Promise<readonly Finding[]> {
  const drained = new Rounds();
  const inside = { name: "lease and delete inside the server" };
  for (let round = 0; round < rounds; round++) {
    await fill(ours, jobs);
    const start = performance.now();
    await ours.admin`call bench.drain_inside()`;
    drained.add(inside, jobs / (performance.now() - start) * 1_000);
    await fill(ours, jobs);
    drained.add(ours, await drain(ours, { jobs, ...ONE }));
  }
  return [drained.finding("share of the server's own rate", ours, inside)];
}

/** What claims leave behind: how many updates were HOT, and how much WAL a job writes from claim to end. */
export async function upkeep(
  { ours }: Subjects,
  { rounds, jobs }: PartOptions,
): Promise<readonly Finding[]> {
  const hot = new Rounds();
  const wal = new Rounds();
  for (let round = 0; round < rounds; round++) {
    for (const subject of [ours]) {
      const size = sized(subject, jobs);
      await fill(subject, size);
      const before = await counted(subject);
      await drain(subject, { jobs: size, ...ONE });
      // Backends report what they did when they end, at the latest.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const after = await counted(subject);
      hot.add(subject, (after.hot - before.hot) / (after.updated - before.updated));
      wal.add(subject, (after.wal - before.wal) / size);
    }
  }
  return [ours].flatMap(({ name }) => [
    {
      bench: "queue",
      subject: name,
      versus: name,
      metric: "HOT share of updates",
      rounds: hot.of(name),
    },
    {
      bench: "queue",
      subject: name,
      versus: name,
      metric: "WAL bytes a job",
      rounds: wal.of(name),
    },
  ]);
}

async function counted({ admin }: Subjects["ours"]) {
  const [row] = await admin<{ hot: number; updated: number; wal: number }[]>`
    select n_tup_hot_upd::float8 as hot, n_tup_upd::float8 as updated,
           (pg_current_wal_lsn() - '0/0')::float8 as wal
    from pg_stat_user_tables
    where relid = 'raphael_private.sync_jobs'::regclass`;
  return row ?? { hot: NaN, updated: NaN, wal: NaN };
}
