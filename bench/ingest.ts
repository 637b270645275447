/** Ingest beside COPY, one INSERT a round trip and the seed's Prisma; and what a sample takes on disk. */
import { resolve } from "node:path";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { copy, writeSamples } from "./ingest/copy.ts";
import { ingestPage, insertPage, openAccounts } from "./ingest/ours.ts";
import { PRISMA, prismaProgram } from "./ingest/prisma.ts";
import type { SeedTask } from "./ingest/seed.ts";
import { fillSeed, RESET, sizeOf, TABLES } from "./ingest/tables.ts";
import { BATCH, page } from "./ingest/told.ts";
import { startDatabase } from "./support/database.ts";
import { nodeProgram, PACKAGES } from "./support/node.ts";
import { type Finding, jsonLine, textLine } from "./support/report.ts";
import { type Program, startWorker } from "./support/workers.ts";

export interface IngestOptions {
  readonly json: boolean;
  readonly rounds: number;
  /** Samples of a round. */
  readonly rows: number;
  /** Samples whose bytes are measured; 0 leaves that out. */
  readonly stored: number;
  readonly stateDir: string;
}

/** One by one: enough to last a second, few enough not to last a minute. */
const ONE_BY_ONE = 3_000;
const BY_THE_THOUSAND = 30_000;

export async function ingestBench(options: IngestOptions): Promise<void> {
  const { json, rounds, stateDir } = options;
  const pages = Math.ceil(options.rows / BATCH);
  const rows = pages * BATCH;
  const log = (line: string) => console.error(line);
  await using started = new AsyncDisposableStack();
  const node = await nodeProgram(stateDir, log);
  const prisma = await prismaProgram(node, stateDir, log);
  const database = await startDatabase(stateDir, log);
  started.defer(() => database.stop());
  const { admin, url } = database;
  await admin.unsafe(TABLES).simple();
  await admin.unsafe("grant select, insert on bench.samples_indexed to raphael_app");
  const db = connect({ url: new Secret(database.appUrl), max: 1, prepare: true });
  started.defer(() => db.close());
  const accounts = await openAccounts(admin, db);
  const path = resolve(stateDir, "bench", "samples.tsv");
  started.defer(() => Deno.remove(path));
  await writeSamples(path, pages, accounts);
  log(`Postgres ${database.version}, pg ${PACKAGES.pg}${prisma ? `, Prisma ${PRISMA}` : ""}`);

  const told = Array.from({ length: pages }, (_, n) => page(n));
  const subjects: Readonly<Record<string, () => Promise<number>>> = {
    "COPY, no index": () => copy(url, { table: "bench.samples_plain", path, rows }),
    "COPY, indexed": () => copy(url, { table: "bench.samples_indexed", path, rows }),
    "ours": () =>
      timed(rows, async () => {
        for (const one of told) await ingestPage(db, accounts, one);
      }),
    "ours, samples alone": () =>
      timed(rows, async () => {
        for (const [n, one] of told.entries()) await insertPage(db, accounts, one, n * 20 + 1);
      }),
    "pg, a row a round trip": () => seed(node, { url, how: "pg", rows: ONE_BY_ONE }),
    ...prisma
      ? {
        "Prisma create": () => seed(prisma, { url, how: "create", rows: ONE_BY_ONE }),
        "Prisma createMany": () => seed(prisma, { url, how: "createMany", rows: BY_THE_THOUSAND }),
      }
      : {},
  };
  const rates = new Map<string, number[]>(Object.keys(subjects).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, measure] of Object.entries(subjects)) {
      await admin.unsafe(RESET).simple();
      const rate = await measure();
      // The first round warms up.
      if (round > 0) rates.get(name)?.push(rate);
      log(`  ${round} ${name}: ${Math.round(rate)} rows/s`);
    }
    log(`round ${round}: load average ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`);
  }
  const print = (finding: Finding) =>
    console.log(json ? jsonLine(finding) : `${finding.bench} ${textLine(finding)}`);
  for (const subject of ["ours", "ours, samples alone"]) {
    for (const versus of rates.keys()) {
      if (versus === subject) continue;
      const [own, other] = [rates.get(subject) ?? [], rates.get(versus) ?? []];
      const metric = "rows/s";
      print({ bench: "ingest", subject, versus, metric, rounds: own, versusRounds: other });
    }
  }
  if (options.stored > 0) {
    for (const finding of await sizes(options.stored, { admin, log, ingest })) print(finding);
  }

  async function ingest(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      await ingestPage(db, accounts, page(n));
      if (n % 200 === 199) log(`  ${(n + 1) * BATCH} samples stored`);
    }
  }
}

async function timed(rows: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return rows / (performance.now() - start) * 1_000;
}

/** Rows a second, timed by the process that inserts them. */
async function seed(program: Program, task: SeedTask): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const worker = await startWorker({
    program,
    script: "ingest/seed.ts",
    assignment: task,
    onMessage: (message) => "ms" in message && resolve(message.ms),
  });
  worker.ended.then((reason) => reject(new Error(`Cannot measure: ${reason}`)));
  worker.go();
  const ms = await promise;
  await worker.stop();
  return task.rows / ms * 1_000;
}

/** Bytes a sample, ours stored by the product itself, the seed's in the same order of arrival. */
async function sizes(
  stored: number,
  { admin, log, ingest }: {
    readonly admin: Awaited<ReturnType<typeof startDatabase>>["admin"];
    readonly log: (line: string) => void;
    readonly ingest: (pages: number) => Promise<void>;
  },
): Promise<readonly Finding[]> {
  const pages = Math.ceil(stored / BATCH);
  const rows = pages * BATCH;
  log(`storing ${rows} samples in both layouts`);
  await admin.unsafe(RESET).simple();
  await ingest(pages);
  await admin.unsafe(fillSeed("bench.health_metrics", rows, BATCH, true));
  await admin.unsafe(fillSeed("bench.seed_unique", rows, BATCH, false));
  const a = async (...tables: readonly string[]) => {
    const [row] = await admin.unsafe<[{ bytes: number }]>(
      `select (${sizeOf(...tables)})::float8 as bytes`,
    );
    return row.bytes / rows;
  };
  const own = {
    "samples and index": await a("raphael.samples"),
    "samples, index and rollup": await a("raphael.samples", "raphael.daily"),
    "samples, index, rollup and raw": await a(
      "raphael.samples",
      "raphael.daily",
      "raphael_private.raw_records",
    ),
  };
  const seeds = {
    "the seed's layout": await a("bench.health_metrics"),
    "the seed's layout with a unique index and no raw": await a("bench.seed_unique"),
  };
  return Object.entries(own).flatMap(([subject, bytes]) =>
    Object.entries(seeds).map(([versus, other]) => ({
      bench: "ingest",
      subject,
      versus,
      metric: `bytes a sample at ${rows.toLocaleString("en")}`,
      rounds: [bytes],
      versusRounds: [other],
    }))
  );
}
