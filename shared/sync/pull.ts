import type { Sql } from "../db/client.ts";
import { noteSync } from "../db/sync.ts";
import type { Handler } from "../jobs/handlers.ts";
import type { Outcome } from "../jobs/outcome.ts";
import { ProviderError } from "../providers/errors.ts";
import { readPlace, step, writePlace } from "../providers/pages.ts";
import { toBatch, tombstone } from "./batch.ts";
import { type OpenAccess, type SyncDeps, withAccess } from "./call.ts";
import { ingestTogether } from "./ingest_together.ts";

/** One page of one window: its rows, the cursor and the job's state commit together. */
export function pullWindow(deps: SyncDeps): Handler<"sync.pull"> {
  return ({ payload, cursor: stands, signal }) =>
    withAccess(deps, payload.accountId, async ({ provider, account, ref }) => {
      const { resource } = payload;
      const place = stands === undefined ? undefined : readPlace(stands);
      const cursor = place?.next ?? payload.cursor;
      const batch = await provider.driver.fetchPage({
        resource,
        account: ref,
        window: { from: new Date(payload.from), to: new Date(payload.to) },
        ...(cursor === undefined ? {} : { cursor }),
      }, provider.context(signal));
      if (batch.unidentified > 0) {
        deps.log("warn", "rows_unidentified", {
          provider: account.provider,
          resource,
          count: batch.unidentified,
        });
      }
      const rows = toBatch(batch.records, serviceOf(account));
      const effect = async (tx: Sql) => {
        const { refused } = await ingestTogether(tx, writerOf(account), {
          resource,
          observedAt: account.readAt,
          batch: rows,
          rawDays: provider.driver.policy.rawDays,
        });
        // The database's catalog is another than this code's: what `toBatch` let through is out of its range.
        if (refused > 0) deps.log("error", "samples_refused", { resource, refused });
        if (batch.next === undefined) await noteSync(tx, account.id, resource);
      };
      if (batch.next === undefined) return { kind: "done", effect };
      const after = step(place, cursor, batch.next);
      // Its rows are good all the same: a person has to look at the rest.
      if (!after) {
        const reason = `Cannot read all pages of ${account.provider}: they go round`;
        return { kind: "dead", errorClass: "contract", reason, effect };
      }
      return { kind: "continue", cursor: writePlace(after), effect };
    });
}

const writerOf = ({ id, generation }: OpenAccess["account"]) => ({ accountId: id, generation });
const serviceOf = ({ via, provider }: OpenAccess["account"]) => via ?? provider;

/** One record that a webhook named; where the provider no longer has it, neither do we. */
export function pullRecord(deps: SyncDeps): Handler<"sync.record"> {
  return ({ payload, signal }) =>
    withAccess(deps, payload.accountId, async ({ provider, account, ref }) => {
      const { resource, recordId } = payload;
      const now = deps.now();
      const store = (batch: ReturnType<typeof toBatch>): Outcome<Sql> => ({
        kind: "done",
        effect: async (tx) => {
          await ingestTogether(tx, writerOf(account), {
            resource,
            observedAt: account.readAt,
            batch,
            rawDays: provider.driver.policy.rawDays,
          });
          await noteSync(tx, account.id, resource);
        },
      });
      try {
        const ask = { resource, recordId, account: ref, window: { from: now, to: now } };
        const batch = await provider.driver.fetchPage(ask, provider.context(signal));
        return store(toBatch(batch.records, serviceOf(account)));
      } catch (error) {
        const gone = error instanceof ProviderError && error.failure.kind === "rejected" &&
          (error.failure.status === 404 || error.failure.status === 410);
        if (!gone) throw error;
        return store(tombstone(recordId));
      }
    });
}

/** Asks a pushing provider to send a window again; what it sends comes by webhook. */
export function requestHistory(deps: SyncDeps): Handler<"sync.request_history"> {
  return ({ payload, signal }) =>
    withAccess(deps, payload.accountId, async ({ provider, ref }) => {
      const { history } = provider.driver;
      if (history?.kind === "request") {
        const window = { from: new Date(payload.from), to: new Date(payload.to) };
        await history.request({ account: ref, window }, provider.context(signal));
      }
      return { kind: "done" };
    });
}
