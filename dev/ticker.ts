/** Stands for pg_cron's background worker where the extension is absent: runs what falls due. */
import type { Database } from "@shared/db/client.ts";
import { parseSchedule } from "./cron.ts";

export interface Ticker {
  stop(): Promise<void>;
}

interface Job {
  readonly jobid: string;
  readonly schedule: string;
  readonly command: string;
  readonly username: string;
}

/** Supabase advises ten minutes at most. */
const JOB_DEADLINE = 600_000;

/** Looks once a second; a job that still runs is not started again. Ends with `stop()`. */
export function startTicker(database: Database, log: (line: string) => void): Ticker {
  const lastRun = new Map<string, number>();
  const running = new Map<string, Promise<void>>();
  const since = Date.now();
  const complained = new Set<string>();

  async function tick(): Promise<void> {
    const jobs = await database.query((sql) =>
      sql<Job[]>`select jobid::text, schedule, command, username from cron.job where active`
    );
    for (const job of jobs) {
      if (running.has(job.jobid) || !isDue(job, new Date())) continue;
      lastRun.set(job.jobid, Date.now());
      running.set(job.jobid, run(job).finally(() => running.delete(job.jobid)));
    }
  }

  function isDue(job: Job, now: Date): boolean {
    const schedule = parseSchedule(job.schedule);
    if (!schedule) {
      if (!complained.has(job.jobid)) {
        log(`cron job ${job.jobid} has no schedule: "${job.schedule}"`);
      }
      complained.add(job.jobid);
      return false;
    }
    const last = lastRun.get(job.jobid) ?? since;
    if (schedule.kind === "seconds") return now.getTime() - last >= schedule.every * 1_000;
    return schedule.matches(now) && Math.floor(last / 60_000) < Math.floor(now.getTime() / 60_000);
  }

  async function run(job: Job): Promise<void> {
    const start = new Date();
    const result = await database.transaction(async (tx) => {
      await tx`select set_config('session_authorization', ${job.username}, true)`;
      const { command } = await tx.unsafe(job.command).simple();
      return command ?? "";
    }, JOB_DEADLINE).then((text) => ({ status: "succeeded", text }), (error) => {
      log(`cron job ${job.jobid} failed: ${error.message}`);
      return { status: "failed", text: String(error.message) };
    });
    await database.query((sql) =>
      sql`
        insert into cron.job_run_details
          (jobid, database, username, command, status, return_message, start_time, end_time)
        values (${job.jobid}, current_database(), ${job.username}, ${job.command},
          ${result.status}, ${result.text}, ${start}, now())`
    ).catch(() => {}); // the record is a courtesy; the job has run
  }

  let stopped = false;
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(() => stopped ? undefined : tick()).catch(() => {
      // Postgres restarts: the next second looks again.
    });
  }, 1_000);
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await looking;
      await Promise.all(running.values());
    },
  };
}
