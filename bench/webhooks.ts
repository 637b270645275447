/** Webhooks acknowledged beside a plain insert and the seed's receiver, in one interleaved run. */
import { resolve } from "node:path";
import { startDatabase } from "./support/database.ts";
import { nodeProgram, PACKAGES } from "./support/node.ts";
import { startRedis } from "./support/redis.ts";
import { type Finding, jsonLine, textLine } from "./support/report.ts";
import { send, type Sent, writeDeliveries } from "./webhooks/load.ts";
import { startPgbouncer } from "./webhooks/pgbouncer.ts";
import { express, hono, ours, type Receiver, RESET, TABLES } from "./webhooks/receivers.ts";

export interface WebhooksOptions {
  readonly json: boolean;
  readonly rounds: number;
  /** How long each is sent to in a round. */
  readonly seconds: number;
  readonly stateDir: string;
}

/** More than any of them acknowledges in a second, so that no delivery comes twice. */
const MOST_A_SECOND = 16_000;
/** After 2 s the first round's p99 was twice that of the others. */
const WARM_UP_SECONDS = 5;

export async function webhooksBench(options: WebhooksOptions): Promise<void> {
  const { json, rounds, seconds, stateDir } = options;
  const log = (line: string) => console.error(line);
  await using started = new AsyncDisposableStack();
  const node = await nodeProgram(stateDir, log);
  const database = await startDatabase(stateDir, log);
  started.defer(() => database.stop());
  await database.admin.unsafe(TABLES).simple();
  const redis = await startRedis(stateDir, "everysec");
  started.defer(() => redis.stop());
  const pooler = await startPgbouncer(database.appUrl, log);
  if (pooler) started.defer(() => pooler.stop());

  const anchor = await hono(database.appUrl);
  const seed = await express(node, { databaseUrl: database.url, redisPort: redis.port });
  const direct = await ours("ours", database.appUrl);
  const pooled = pooler && await ours("ours, pgbouncer, prepare: false", pooler.url);
  const receivers = [anchor, direct, seed, ...pooled ? [pooled] : []];
  for (const receiver of receivers) started.defer(() => receiver.stop());

  log(`Postgres ${database.version}, Redis ${redis.version}, Express ${PACKAGES.express}`);
  const deliveries = resolve(stateDir, "bench", "deliveries.tsv");
  started.defer(() => Deno.remove(deliveries));
  const measured = new Map<Receiver, Sent[]>(receivers.map((receiver) => [receiver, []]));
  for (let round = 0; round <= rounds; round++) {
    const lasts = round === 0 ? WARM_UP_SECONDS : seconds;
    await writeDeliveries(deliveries, lasts * MOST_A_SECOND);
    // Nobody is always first.
    for (
      const receiver of [
        ...receivers.slice(round % receivers.length),
        ...receivers.slice(0, round % receivers.length),
      ]
    ) {
      await database.admin.unsafe(RESET).simple();
      const sent = await send(receiver.url, deliveries, lasts);
      await assertStored(database, receiver, sent);
      if (round > 0) measured.get(receiver)?.push(sent);
    }
    log(`round ${round}: load average ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`);
  }
  for (const finding of findings(measured, { anchor, seed })) {
    console.log(json ? jsonLine(finding) : `${finding.bench} ${textLine(finding)}`);
  }
}

/** An acknowledgement that is not in the database is worth nothing, however fast it came. */
async function assertStored(
  { admin }: Awaited<ReturnType<typeof startDatabase>>,
  { name, stored }: Receiver,
  { acknowledged }: Sent,
): Promise<void> {
  const [row] = await admin.unsafe<{ n: number }[]>(`select count(*)::int as n from ${stored}`);
  if (row && row.n >= acknowledged) return;
  throw new Error(`Cannot compare: ${name} acknowledged ${acknowledged} and stored ${row?.n}`);
}

function* findings(
  measured: ReadonlyMap<Receiver, readonly Sent[]>,
  { anchor, seed }: { readonly anchor: Receiver; readonly seed: Receiver },
): Generator<Finding> {
  const of = (receiver: Receiver, metric: keyof Sent) =>
    (measured.get(receiver) ?? []).map((sent) => sent[metric]);
  const metrics = { rate: "acknowledged/s", p50: "p50 ms", p99: "p99 ms" } as const;
  for (const receiver of measured.keys()) {
    const itself = { bench: "webhooks", subject: receiver.name, versus: receiver.name };
    for (const key of ["rate", "p50", "p99"] as const) {
      const rounds = of(receiver, key);
      yield { ...itself, metric: metrics[key], rounds };
      if (receiver === anchor || receiver === seed) continue;
      for (const other of [anchor, seed]) {
        const versus = { versus: other.name, versusRounds: of(other, key) };
        yield { ...itself, ...versus, metric: metrics[key], rounds };
      }
    }
    yield { ...itself, metric: "not acknowledged", rounds: of(receiver, "failed") };
  }
}
