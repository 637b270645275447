/**
 * The queue in an operator's hands. `DATABASE_URL` signs in as the project's owner (`postgres`).
 *
 *   deno task jobs [health]                       what is watched; status 1 where something is out of order
 *   deno task jobs queues                         numbers, what waits and what runs
 *   deno task jobs list     [which…] [--limit N]  dead jobs, the newest first
 *   deno task jobs redrive  <id…> | which…        send them round again, with all their attempts
 *   deno task jobs discard  <id…> | which…        forget them
 *
 * which: --kind sync.pull  --class contract  --provider oura; all that is given has to fit. --json prints
 * an object a line.
 */
import { parseArgs } from "node:util";
import postgres from "postgres";
import { measureClockSkew, readHealth } from "@shared/db/health.ts";

interface Which {
  readonly kind?: string | undefined;
  readonly class?: string | undefined;
  readonly provider?: string | undefined;
}

type Print = (rows: readonly object[]) => void;

const OPTIONS = {
  kind: { type: "string" },
  class: { type: "string" },
  provider: { type: "string" },
  limit: { type: "string", default: "50" },
  json: { type: "boolean" },
} as const;

async function health(sql: postgres.Sql, print: Print): Promise<number> {
  const skew = await measureClockSkew(sql, () => new Date());
  const conditions = await readHealth(sql, skew);
  print(conditions.map(({ isFiring, name, subject, value, threshold }) => ({
    "": isFiring ? "ALERT" : "ok",
    name,
    subject,
    value: value === null ? "" : Number(value.toPrecision(4)),
    threshold,
  })));
  return conditions.some(({ isFiring }) => isFiring) ? 1 : 0;
}

async function queues(sql: postgres.Sql, print: Print): Promise<number> {
  print(
    await sql`
      select q.name, q.concurrency, q.max_attempts, q.backoff_seconds,
             coalesce(p.due, 0) as due, coalesce(p.running, 0) as running, coalesce(p.later, 0) as later
      from raphael_private.queues q
      left join raphael_private.pending_jobs() p on p.queue = q.id
      order by q.id`,
  );
  return 0;
}

async function list(sql: postgres.Sql, print: Print, which: Which, limit: number): Promise<number> {
  print(
    await sql`
      select l.id, date_trunc('second', l.died_at)::text as died_at, l.kind, l.provider, l.account_id,
             l.error_class as class, l.error, l.redrives, l.payload
      from raphael_private.dead_job_list l
      where (${which.kind ?? null}::text is null or l.kind = ${which.kind ?? null})
        and (${which.class ?? null}::text is null or l.error_class = ${which.class ?? null})
        and (${which.provider ?? null}::text is null or l.provider = ${which.provider ?? null})
      order by l.died_at desc, l.id desc
      limit ${limit}`,
  );
  return 0;
}

/** Without ids one call for all that fit. */
async function each(
  ids: readonly string[],
  work: (id: string | null) => Promise<readonly number[]>,
): Promise<readonly number[]> {
  const counts: (readonly number[])[] = [];
  for (const id of ids.length > 0 ? ids : [null]) counts.push(await work(id));
  return counts.reduce((sum, one) => sum.map((n, at) => n + (one[at] ?? 0)));
}

async function redrive(sql: postgres.Sql, ids: readonly string[], which: Which): Promise<number> {
  const [redriven = 0, coalesced = 0] = await each(ids, async (id) => {
    const [row] = await sql<[{ redriven: number; coalesced: number }]>`
      select redriven, coalesced from raphael_private.redrive_jobs(
        ${id}, ${which.kind ?? null}, ${which.class ?? null}, ${which.provider ?? null})`;
    return [row.redriven, row.coalesced];
  });
  console.log(`${redriven} sent round again, ${coalesced} of them met a job that waits or runs`);
  return redriven > 0 ? 0 : 1;
}

async function discard(sql: postgres.Sql, ids: readonly string[], which: Which): Promise<number> {
  const [count = 0] = await each(ids, async (id) => {
    const [row] = await sql<[{ count: number }]>`
      select raphael_private.discard_jobs(
        ${id}, ${which.kind ?? null}, ${which.class ?? null}, ${which.provider ?? null}) as count`;
    return [row.count];
  });
  console.log(`${count} discarded`);
  return count > 0 ? 0 : 1;
}

function table(rows: readonly object[]): void {
  if (rows.length === 0) return console.log("none");
  const names = Object.keys(rows[0] ?? {});
  const text = (value: unknown) =>
    value === null || value === undefined
      ? ""
      : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
  const lines = [names, ...rows.map((row) => Object.values(row).map(text))];
  const widths = names.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? "").length)));
  for (const line of lines) {
    console.log(line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd());
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: OPTIONS,
    allowPositionals: true,
  });
  const [command = "health", ...ids] = positionals;
  const wrong = ids.find((id) => !/^\d{1,18}$/.test(id));
  if (wrong !== undefined) throw new Error(`Cannot choose job ${wrong}: an id is a number`);
  const url = Deno.env.get("DATABASE_URL");
  if (!url) throw new Error("Cannot reach the database: DATABASE_URL is not set");
  const sql = postgres(url, { max: 1, prepare: false, onnotice: () => {} });
  const print: Print = values.json
    ? (rows) => rows.forEach((row) => console.log(JSON.stringify(row)))
    : table;
  try {
    switch (command) {
      case "health":
        return await health(sql, print);
      case "queues":
        return await queues(sql, print);
      case "list":
        return await list(sql, print, values, Number(values.limit));
      case "redrive":
        return await redrive(sql, ids, values);
      case "discard":
        return await discard(sql, ids, values);
      default:
        throw new Error(`Cannot ${command} jobs: there are health, queues, list, redrive, discard`);
    }
  } finally {
    await sql.end({ timeout: 1 });
  }
}

Deno.exit(
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : "unknown");
    return 2;
  }),
);
