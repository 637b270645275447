import {
  FIRST,
  LAST,
  redateSamples,
  redateSessions,
  type SamplePlace,
  samplePlace,
} from "../db/days.ts";
import type { Handler } from "../jobs/handlers.ts";
import type { SyncDeps } from "./call.ts";

/** So many take a fraction of a second, and hold the person's writers up no longer. */
const SAMPLES = 20_000;

/**
 * Dates a person's readings anew that no provider dated, when a zone changed: sessions, then sample by
 * sample in the order of their index, a part at a time.
 */
export function redate(deps: Pick<SyncDeps, "db" | "log">): Handler<"metrics.redate"> {
  return async ({ payload: { userId }, cursor }) => {
    const from = cursor === undefined ? FIRST : readPlace(cursor);
    const until = await deps.db.query((sql) => samplePlace(sql, userId, from, SAMPLES));
    return {
      ...until ? { kind: "continue", cursor: writePlace(until) } : { kind: "done" },
      async effect(tx) {
        const sessions = cursor === undefined ? await redateSessions(tx, userId) : 0;
        const samples = await redateSamples(tx, userId, from, until ?? LAST);
        if (sessions + samples > 0) deps.log("info", "redated", { sessions, samples });
      },
    };
  };
}

function writePlace({ metricId, startAt, sourceId, recordId }: SamplePlace): string {
  return JSON.stringify([metricId, startAt, sourceId, recordId]);
}

function readPlace(cursor: string): SamplePlace {
  const [metricId, startAt, sourceId, recordId] = JSON.parse(cursor);
  return { metricId, startAt, sourceId, recordId };
}
