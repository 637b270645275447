import { METRIC_CODES } from "../catalog/metrics.ts";
import { readAs } from "../db/as_user.ts";
import type { Database } from "../db/client.ts";
import { readPerson } from "../db/person.ts";
import { type CoverageRow, readCoverage } from "../db/rollup.ts";
import { judgeOf, type SourceRef } from "./person.ts";
import { accessOf, type Asked } from "./asked.ts";

export interface CoverageAsked extends Asked {
  /** Days of the person's own, half-open. */
  readonly since?: string;
  readonly until?: string;
}

export interface Coverage extends Omit<CoverageRow, "sourceId"> {
  readonly source: SourceRef;
}

/** From when to when each source has each metric, and on how many days. */
export async function coverage(db: Database, asked: CoverageAsked): Promise<readonly Coverage[]> {
  type Read = readonly [Awaited<ReturnType<typeof readPerson>>, readonly CoverageRow[]];
  const [[person], rows] = await readAs<Read>(db, accessOf("metrics.coverage", asked), (sql) => [
    readPerson(sql),
    readCoverage(sql, { ...asked, metrics: asked.types ?? METRIC_CODES }),
  ]);
  const judge = judgeOf(person);
  return rows.map(({ sourceId, ...row }) => ({ ...row, source: judge.ref(sourceId) }));
}
