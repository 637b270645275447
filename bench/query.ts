/** Queries at 1, 10 and 30 million samples: the bare statement, and the same through the whole function. */
import { Secret } from "@shared/core/secret.ts";
import { connect, type Sql } from "@shared/db/client.ts";
import postgres from "postgres";
import { createClient } from "./query/client.ts";
import { startMetrics } from "./query/function.ts";
import { personId, populate, SAMPLES_A_PERSON } from "./query/population.ts";
import { onTheFly, type Question, questions, summaryOfDays } from "./query/questions.ts";
import { steps } from "./query/steps.ts";
import { startDatabase } from "./support/database.ts";
import { type Finding, jsonLine, textLine } from "./support/report.ts";
import { serveDeno } from "./support/server.ts";
import { byTurns, measured } from "./query/turns.ts";
import { percentile } from "./support/statistics.ts";

export interface QueryOptions {
  readonly json: boolean;
  /** Questions of each kind that are asked at each size. */
  readonly times: number;
  /** Numbers of samples, ascending: each is grown from the one before. */
  readonly sizes: readonly number[];
  readonly stateDir: string;
}

/** A process that has served for a while: with 50 the compiler still had most of the work before it. */
const WARM_UP = 300;
const HEAT_MS = 30_000;

/** As a server is sized for what it serves: 30 million samples take 5 GB. */
const IN_MEMORY = { shared_buffers: "8GB" };

interface Times {
  readonly bare: readonly number[];
  readonly function: readonly number[];
  /** As many bytes from a server that does nothing else. */
  readonly http: readonly number[];
}

export async function queryBench(options: QueryOptions): Promise<void> {
  const { json, times, sizes, stateDir } = options;
  const log = (line: string) => console.error(line);
  await using started = new AsyncDisposableStack();
  const database = await startDatabase(stateDir, log, IN_MEMORY);
  started.defer(() => database.stop());
  const metrics = await startMetrics(database.appUrl);
  started.defer(() => metrics.stop());
  const transport = await serveDeno("bench/query/transport.ts");
  started.defer(() => transport.stop());
  const plain = createClient(transport.url);
  started.defer(() => plain.close());
  const db = connect({ url: new Secret(database.appUrl), max: 2, prepare: true });
  started.defer(() => db.close());
  const owner = postgres(database.url, { max: 1, onnotice: () => {} });
  started.defer(() => owner.end());
  const print = (finding: Finding) =>
    console.log(json ? jsonLine(finding) : `${finding.bench} ${textLine(finding)}`);

  const found = new Map<string, Times[]>();
  let people = 0;
  const waysOf = (question: Question) => {
    let bytes = 0;
    return {
      bare: {
        before: (n: number) => claim(owner, person(n, people)),
        async ask() {
          const answer = await measured(() => question.statement(owner as unknown as Sql));
          const { length } = answer.value;
          if (length < question.rows) {
            throw new Error(`Cannot compare: ${question.name}: ${length}`);
          }
          return answer;
        },
      },
      function: {
        async ask(n: number) {
          const answer = await metrics.ask(question.path, person(n + people / 2, people));
          ({ bytes } = answer);
          if (bytes < question.rows * 20) throw new Error(`Cannot compare: ${question.name}`);
          return answer;
        },
      },
      http: {
        async ask() {
          const answer = await plain.ask({ path: `/?bytes=${bytes}` });
          if (answer.bytes !== bytes) throw new Error("Cannot compare: bytes are lost");
          return answer;
        },
      },
    };
  };
  for (const size of sizes) {
    const wanted = Math.round(size / SAMPLES_A_PERSON);
    for (; people < wanted; people = Math.min(people + 20, wanted)) {
      await populate(database.admin, people, Math.min(people + 20, wanted));
    }
    await owner`vacuum analyze`;
    await owner`checkpoint`;
    await untilQuiet(owner);
    const [{ n = 0 } = {}] = await owner<{ n: number }[]>`
      select reltuples::float8 as n from pg_class where oid = 'raphael.samples'::regclass`;
    log(`${n.toLocaleString("en")} samples of ${people} people`);
    const asked = await questionsOf((path) => metrics.get(path, personId(0)));
    const ways = asked.map((question) => ({ question, ways: waysOf(question) }));
    // The processor and the processes are cold after a quiet minute: 25 % of Postgres' own time too.
    for (const until = performance.now() + HEAT_MS; performance.now() < until;) {
      for (const one of ways) await byTurns(0, people, one.ways);
    }
    for (const { question, ways: of } of ways) {
      const took = await byTurns(WARM_UP, times, of);
      found.set(question.name, [...found.get(question.name) ?? [], took]);
      const { bare, function: whole, http } = took;
      log(
        `  ${question.name}: bare p50 ${ms(bare, 50)} p95 ${ms(bare, 95)} ms, ` +
          `function p50 ${ms(whole, 50)} p95 ${ms(whole, 95)} ms, ` +
          `HTTP alone p50 ${ms(http, 50)} p95 ${ms(http, 95)} ms`,
      );
    }
    log(`load average ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`);
  }

  for (const [name, at] of found) {
    for (const finding of findings(name, at, sizes)) print(finding);
  }
  const rollup = await compareRollup(owner, times, people);
  print({
    bench: "query",
    subject: "30 days on the fly",
    versus: "rollup",
    metric: "ms",
    rounds: [percentile(rollup.onTheFly, 50)],
    versusRounds: [percentile(rollup.rollup, 50)],
  });
  const answer = await metrics.get("/latest?types=glucose", personId(0));
  const each = await steps({
    db,
    jwks: metrics.env["SUPABASE_JWKS"] ?? "",
    token: await metrics.token(personId(0)),
    person: personId(0),
    answer,
  });
  for (const [step, value] of Object.entries(each)) {
    print({
      bench: "query",
      subject: step,
      versus: step,
      metric: "ms a step, p50",
      rounds: [value],
    });
  }
}

const person = (n: number, people: number) => personId((n * 7_919) % people);
const ms = (values: readonly number[], percent: number) => percentile(values, percent).toFixed(2);

/** Until nothing has looked after the grown tables for a while: it would share the disk with the audit. */
async function untilQuiet(owner: postgres.Sql): Promise<void> {
  for (let [quiet, most] = [0, 300]; quiet < 15 && most > 0; most--) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const busy = await owner`
      select from pg_stat_activity where backend_type = 'autovacuum worker'`;
    quiet = busy.length > 0 ? 0 : quiet + 1;
  }
}

/** Whose data a bare statement reads stands in the session's claims, as it does for the function. */
async function claim(owner: postgres.Sql, sub: string): Promise<void> {
  await owner`select set_config('request.jwt.claims', ${JSON.stringify({ sub })}, false)`;
}

/** The questions, with the place behind 5,000 readings as the API's own pages lead to it. */
async function questionsOf(get: (path: string) => Promise<string>): Promise<readonly Question[]> {
  let cursor = "";
  for (let page = 0; page < 5; page++) {
    const path = `/?types=glucose&limit=1000${cursor && `&cursor=${cursor}`}`;
    cursor = JSON.parse(await get(path)).meta.nextCursor;
  }
  const [start, metricId, sourceId, recordId] = JSON.parse(atob(cursor));
  return questions({ start, metricId, sourceId, recordId }, cursor);
}

function* findings(
  question: string,
  at: readonly Times[],
  sizes: readonly number[],
): Generator<Finding> {
  const size = (n: number) => `${question} at ${sizes[n]?.toLocaleString("en")}`;
  const [first] = at;
  for (const [n, times] of at.entries()) {
    for (const way of ["bare", "function"] as const) {
      const p95 = (of: Times | undefined) => [percentile(of?.[way] ?? [], 95)];
      const metric = `p95 ms, ${way === "bare" ? "bare statement" : "whole function"}`;
      const own = { bench: "query", subject: size(n), metric, rounds: p95(times) };
      yield n === 0
        ? { ...own, versus: size(n) }
        : { ...own, versus: size(0), versusRounds: p95(first) };
    }
    yield {
      bench: "query",
      subject: size(n),
      versus: size(n),
      metric: "ms more at p95 through the function",
      rounds: [percentile(times.function, 95) - percentile(times.bare, 95)],
    };
    yield {
      bench: "query",
      subject: size(n),
      versus: size(n),
      metric: "ms at p95 of HTTP alone, as many bytes",
      rounds: [percentile(times.http, 95)],
    };
  }
}

/** A 30-day summary of five metrics from the rollup and from samples, by turns. */
async function compareRollup(owner: postgres.Sql, times: number, people: number) {
  const before = (n: number) => claim(owner, person(n, people));
  const sql = owner as unknown as Sql;
  return await byTurns(WARM_UP, times, {
    rollup: { before, ask: () => measured(() => summaryOfDays(sql)) },
    onTheFly: { before, ask: () => measured(() => onTheFly(sql)) },
  });
}
