/** The queue beside graphile-worker, pg-boss and BullMQ, in one interleaved run. */
import { startDatabase } from "./support/database.ts";
import { nodeProgram, PACKAGES } from "./support/node.ts";
import { startRedis } from "./support/redis.ts";
import { type Finding, jsonLine, textLine } from "./support/report.ts";
import { setUp } from "./queue/drive.ts";
import { type PartName, PARTS, RUN } from "./queue/parts.ts";
import { subjects } from "./queue/subjects.ts";

export { PARTS };

export interface QueueOptions {
  readonly json: boolean;
  readonly rounds: number;
  readonly jobs: number;
  readonly only: readonly PartName[];
  readonly stateDir: string;
}

export async function queueBench(options: QueueOptions): Promise<void> {
  const { json, rounds, jobs, only, stateDir } = options;
  // Progress is for people, and never in the way of a program that reads the findings.
  const log = (line: string) => console.error(line);
  await using started = new AsyncDisposableStack();
  const node = await nodeProgram(stateDir, log);
  const database = await startDatabase(stateDir, log);
  started.defer(() => database.stop());
  const everysec = await startRedis(stateDir, "everysec");
  started.defer(() => everysec.stop());
  const always = await startRedis(stateDir, "always");
  started.defer(() => always.stop());

  const redis = { everysec: everysec.port, always: always.port };
  const compared = subjects({ node, database, redis });
  for (const subject of Object.values(compared)) await setUp(subject);
  log(
    `Postgres ${database.version}, Redis ${everysec.version}, ` +
      Object.entries(PACKAGES).map(([name, version]) => `${name} ${version}`).join(", "),
  );
  const print = (finding: Finding) =>
    console.log(json ? jsonLine(finding) : `${finding.bench} ${textLine(finding)}`);
  for (const part of only) {
    log(`${part}: load average ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`);
    for (const finding of await RUN[part](compared, { rounds, jobs, log })) print(finding);
  }
}
