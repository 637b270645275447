/** Stands for pg_cron's background worker where the extension is absent: runs what falls due. */
import type { Sql } from "postgres";
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

/** Looks once a second; a job that still runs is not started again. Ends with `stop()`. */
export function startTicker(sql: Sql, log: (line: string) => void): Ticker {
  const lastRun = new Map<string, number>();
  const running = new Map<string, Promise<void>>();
  const since = Date.now();
  const once = new Set<string>();

  async function tick(): Promise<void> {
    const jobs = await sql<Job[]>`
      select jobid::text, schedule, command, username from cron.job where active`;
    for (const job of jobs) {
      if (running.has(job.jobid) || !isDue(job, new Date())) continue;
      lastRun.set(job.jobid, Date.now());
      running.set(job.jobid, run(job).finally(() => running.delete(job.jobid)));
    }
  }

  function isDue(job: Job, now: Date): boolean {
    const schedule = parseSchedule(job.schedule);
    if (!schedule) {
      if (!once.has(job.jobid)) log(`cron job ${job.jobid} has no schedule: "${job.schedule}"`);
      once.add(job.jobid);
      return false;
    }
    const last = lastRun.get(job.jobid) ?? since;
    if (schedule.kind === "seconds") return now.getTime() - last >= schedule.every * 1_000;
    return schedule.matches(now) && Math.floor(last / 60_000) < Math.floor(now.getTime() / 60_000);
  }

  async function run(job: Job): Promise<void> {
    const start = new Date();
    const message = await sql.begin(async (tx) => {
      await tx`select set_config('session_authorization', ${job.username}, true)`;
      const { command } = await tx.unsafe(job.command).simple();
      return command ?? "";
    }).then((text) => ({ status: "succeeded", text }), (error) => {
      log(`cron job ${job.jobid} failed: ${error.message}`);
      return { status: "failed", text: String(error.message) };
    });
    await sql`
      insert into cron.job_run_details
        (jobid, database, username, command, status, return_message, start_time, end_time)
      values (${job.jobid}, current_database(), ${job.username}, ${job.command},
        ${message.status}, ${message.text}, ${start}, now())`.catch(() => {});
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
