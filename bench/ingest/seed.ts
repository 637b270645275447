/**
 * Rows one by one, as the seed stores them: `pg` with an INSERT a round trip, Prisma's `create` and its
 * `createMany` by the thousand. Runs on Node; tells how long its rows took.
 */
import { assignment, begin, tell } from "../support/worker_protocol.ts";
import { load } from "../queue/packages.ts";

export interface SeedTask {
  readonly url: string;
  readonly how: "pg" | "create" | "createMany";
  readonly rows: number;
}

interface Pg {
  default: {
    Client: new (options: object) => {
      connect(): Promise<void>;
      query(text: string, values: readonly unknown[]): Promise<unknown>;
      end(): Promise<void>;
    };
  };
}
interface Prisma {
  PrismaClient: new (options: object) => {
    healthMetric: {
      create(options: object): Promise<unknown>;
      createMany(options: object): Promise<unknown>;
      count(): Promise<number>;
    };
    $disconnect(): Promise<void>;
  };
}
interface Adapter {
  PrismaPg: new (options: object, more: object) => unknown;
}

const MANY = 1_000;
const INSERT = "insert into bench.health_metrics (user_id, source, metric, value, unit, ts, raw) " +
  "values ($1, $2, $3, $4, $5, $6, $7)";

const task = assignment<SeedTask>();
const row = (n: number) => {
  const ts = new Date(Date.UTC(2026, 0, 1) + n * 300_000);
  const value = 55 + n * 7 % 60;
  return {
    userId: "00000000-0000-4000-8000-000000000001",
    source: "OURA",
    metric: "HEART_RATE",
    value,
    unit: "bpm",
    ts,
    raw: { bpm: value, source: "awake", timestamp: ts.toISOString() },
  };
};

const way = task.how === "pg" ? await withPg() : await withPrisma(task.how);
const { stopped } = await begin();
const start = performance.now();
await way.insert();
tell({ ms: performance.now() - start });
await stopped;
await way.close();

async function withPg() {
  const { default: pg } = await load<Pg>("pg");
  const client = new pg.Client({ connectionString: task.url });
  await client.connect();
  return {
    async insert() {
      for (let n = 0; n < task.rows; n++) await client.query(INSERT, Object.values(row(n)));
    },
    close: () => client.end(),
  };
}

async function withPrisma(how: "create" | "createMany") {
  const { PrismaClient } = await load<Prisma>("@prisma/client");
  const { PrismaPg } = await load<Adapter>("@prisma/adapter-pg");
  const adapter = new PrismaPg({ connectionString: task.url }, { schema: "bench" });
  const prisma = new PrismaClient({ adapter });
  await prisma.healthMetric.count();
  return {
    async insert() {
      if (how === "create") {
        for (let n = 0; n < task.rows; n++) await prisma.healthMetric.create({ data: row(n) });
        return;
      }
      for (let from = 0; from < task.rows; from += MANY) {
        const data = Array.from(
          { length: Math.min(MANY, task.rows - from) },
          (_, i) => row(from + i),
        );
        await prisma.healthMetric.createMany({ data });
      }
    },
    close: () => prisma.$disconnect(),
  };
}
