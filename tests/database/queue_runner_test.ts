import assert from "node:assert/strict";
import { ProblemError } from "@shared/core/problems.ts";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database, type Sql } from "@shared/db/client.ts";
import { enqueue } from "@shared/db/jobs.ts";
import type { Handlers, Job } from "@shared/jobs/handlers.ts";
import { JOB_KINDS } from "@shared/jobs/kinds.ts";
import type { Outcome } from "@shared/jobs/outcome.ts";
import { createRunner, type RunnerOptions } from "@shared/jobs/runner.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { claimed, deadRows, expireLeases, job, jobRows } from "../support/queue.ts";

type Work = (name: string, job: Job<"webhook.subscribe">) => Promise<Outcome<Sql>>;

interface Setting extends TestDatabase {
  readonly db: Database;
  /** A runner whose jobs all do `work`; `ran` gathers their names. */
  runner(work: Work, options?: Partial<RunnerOptions>): ReturnType<typeof createRunner>;
  readonly ran: string[];
}

async function withRunner(use: (setting: Setting) => Promise<void>): Promise<void> {
  await withDatabase(async (database) => {
    const db = connect({ url: new Secret(database.appUrl), max: 4, prepare: true });
    const ran: string[] = [];
    const runner: Setting["runner"] = (work, options) => {
      const handler = async (job: Job<"webhook.subscribe">) => {
        ran.push(job.payload.provider);
        return await work(job.payload.provider, job);
      };
      // SAFETY: the tests enqueue jobs of one kind.
      const handlers = Object.fromEntries(
        JOB_KINDS.map((kind) => [kind, handler]),
      ) as unknown as Handlers;
      return createRunner({ db, handlers, log: () => {}, lingerMs: 400, ...options });
    };
    try {
      await use({ ...database, db, ran, runner });
    } finally {
      await db.close();
    }
  });
}

const names = (count: number, prefix = "job") =>
  Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const done = () => Promise.resolve({ kind: "done" } as const);
/** An effect that shows: a job that is not due. */
const mark = (name: string) => (tx: Sql) =>
  enqueue(tx, [job(`mark-${name}`, { delaySeconds: 3_600 })]);

Deno.test("drain() runs each job once, and once more where it was triggered meanwhile", async () => {
  await withRunner(async ({ app, admin, ran, runner }) => {
    await enqueue(app, names(300).map((name) => job(name)));
    const { performed } = await runner(async (name) => {
      const first = ran.filter((one) => one === name).length === 1;
      if (first && name.endsWith("7")) await enqueue(app, [job(name)]);
      return { kind: "done" };
    }).drain(20_000);
    const again = names(300).filter((name) => name.endsWith("7"));
    assert.deepEqual(ran.toSorted(), [...names(300), ...again].toSorted());
    assert.equal(performed, 330);
    assert.deepEqual(await jobRows(admin), []);
  });
});

Deno.test("drain() settles each outcome as what it is, beside jobs that are done", async () => {
  await withRunner(async ({ app, admin, ran, runner }) => {
    const outcomes: Record<string, Outcome<Sql>> = {
      retry: { kind: "retry", errorClass: "test", reason: "Cannot test" },
      snooze: { kind: "snooze", seconds: 600, reason: "Cannot test" },
      dead: { kind: "dead", errorClass: "test", reason: "Cannot test" },
    };
    await enqueue(app, [...names(30), "pages", ...Object.keys(outcomes)].map((name) => job(name)));
    await enqueue(app, [job("unknown"), job("misfit")]);
    await admin`
      update raphael_private.sync_jobs set kind = 'no.such.kind'
      where payload ->> 'provider' = 'unknown'`;
    await admin`
      update raphael_private.sync_jobs set payload = '{"provider": 1}'
      where payload ->> 'provider' = 'misfit'`;
    await runner((name, { cursor }) => {
      const paged = { kind: "continue", cursor: "page-2" } as const;
      if (name === "pages" && cursor === undefined) return Promise.resolve(paged);
      return Promise.resolve(outcomes[name] ?? { kind: "done" });
    }).drain(3_000);
    assert.equal(ran.filter((name) => name === "pages").length, 2);
    assert.deepEqual(
      (await jobRows(admin)).map(({ name, attempt, leased }) => [name, attempt, leased]),
      [["retry", 1, false], ["snooze", 0, false]],
    );
    assert.deepEqual(
      (await deadRows(admin)).map(({ name, error_class }) => [name, error_class]),
      [["1", "payload"], ["dead", "test"], ["unknown", "unknown_kind"]],
    );
  });
});

Deno.test("drain() commits many effects together; one that fails fails alone, and nothing twice", async () => {
  await withRunner(async ({ app, admin, runner }) => {
    await enqueue(app, names(60).map((name) => job(name)));
    await runner((name) =>
      Promise.resolve({
        kind: "done",
        effect: async (tx) => {
          await mark(name)(tx);
          if (name === "job-33") await tx`select 1 / 0`;
        },
      })
    ).drain(3_000);
    const rows = await jobRows(admin);
    const marks = rows.filter(({ name }) => name.startsWith("mark-"));
    assert.deepEqual(
      marks.map(({ name }) => name),
      names(60, "mark-job").filter((name) => name !== "mark-job-33").toSorted(),
    );
    const [guilty, ...others] = rows.filter(({ name }) => !name.startsWith("mark-"));
    assert.deepEqual([guilty?.name, guilty?.attempt], ["job-33", 1]);
    assert.match(guilty?.last_error ?? "", /PostgresError 22012/);
    assert.deepEqual(others, []);
  });
});

Deno.test("drain() stops a handler whose lease is lost, and commits nothing of it", async () => {
  await withRunner(async ({ app, admin, runner }) => {
    await enqueue(app, [job("a")]);
    const stopped = Promise.withResolvers<void>();
    const working = runner(async (name, { signal }) => {
      // Another worker has it by now.
      await admin`update raphael_private.sync_jobs set epoch = epoch + 1`;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      stopped.resolve();
      return { kind: "done", effect: mark(name) };
    }, { leaseSeconds: 0.6 }).drain(2_000);
    await stopped.promise;
    await admin`update raphael_private.sync_jobs set leased_until = now() + interval '1 minute'`;
    await working;
    assert.deepEqual((await jobRows(admin)).map(({ name }) => name), ["a"]);
  });
});

for (const lateMs of [0, 100]) {
  const when = lateMs > 0 ? ", the claim that is under way too" : "";
  Deno.test(`close() gives back what was not begun, with its attempt${when}`, async () => {
    await withRunner(async ({ app, admin, db, runner }) => {
      await enqueue(app, names(300, "fast").map((name) => job(name, { priority: 1 })));
      await enqueue(app, names(100, "slow").map((name) => job(name)));
      const gate = Promise.withResolvers<void>();
      let running = 0;
      const late: Database = {
        ...db,
        async query(work, deadlineMs) {
          const answer = await db.query(work, deadlineMs);
          await pause(lateMs);
          return answer;
        },
      };
      const worker = runner(async (name) => {
        if (name.startsWith("slow")) {
          running++;
          await gate.promise;
        }
        return { kind: "done" };
      }, { db: late });
      const leased = async () => (await jobRows(admin)).filter((row) => row.leased).length;
      const working = worker.drain(20_000);
      while (running === 0 || await leased() <= running) await pause(20);
      await worker.close();
      const rows = await jobRows(admin);
      assert.equal(rows.filter((row) => row.leased).length, running, "what runs goes on");
      assert.ok(rows.every((row) => row.attempt === (row.leased ? 1 : 0)));
      gate.resolve();
      await working;
      assert.equal((await jobRows(admin)).length, 100 - running);
    });
  });
}

Deno.test("drain() runs a dead worker's job alone, and charges it", async () => {
  await withRunner(async ({ app, admin, ran, runner }) => {
    await claimed(app, "orphan");
    await expireLeases(admin);
    await enqueue(app, names(3).map((name) => job(name)));
    const attempts: number[] = [];
    await runner((name, { attempt }) => {
      if (name === "orphan") attempts.push(attempt);
      return done();
    }).drain(10_000);
    assert.deepEqual(ran, [...names(3), "orphan"]);
    assert.deepEqual(attempts, [1]);
    assert.deepEqual(await jobRows(admin), []);
  });
});

Deno.test("drain() goes on when the database is back, and ends with its time where it is not", async () => {
  await withRunner(async ({ app, admin, db, runner }) => {
    await enqueue(app, [job("a")]);
    let away = true;
    const query: Database["query"] = (work, deadlineMs) =>
      away
        ? Promise.reject(new ProblemError("unavailable", "Cannot reach the database: try again", 5))
        : db.query(work, deadlineMs);
    const options = { db: { ...db, query } };
    assert.equal((await runner(done, options).drain(700)).performed, 0);
    setTimeout(() => away = false, 600);
    assert.equal((await runner(done, options).drain(20_000)).performed, 1);
    assert.deepEqual(await jobRows(admin), []);
  });
});
