import type { Sql } from "../db/client.ts";
import { ingest } from "../db/records.ts";
import { noteSync } from "../db/sync.ts";
import type { Handler } from "../jobs/handlers.ts";
import type { Outcome } from "../jobs/outcome.ts";
import { repeats } from "../providers/define.ts";
import { ProviderError } from "../providers/errors.ts";
import { follow, readTrail, writeTrail } from "../providers/trail.ts";
import { toBatch, tombstone } from "./batch.ts";
import { type SyncDeps, withAccess } from "./call.ts";

/** One page of one window: its rows, the cursor and the job's state commit together. */
export function pullWindow(deps: SyncDeps): Handler<"sync.pull"> {
  return ({ payload, cursor: kept, signal }) =>
    withAccess(deps, payload.accountId, async ({ provider, account, ref }) => {
      const { resource } = payload;
      const trail = kept === undefined ? undefined : readTrail(kept);
      const cursor = trail?.cursor ?? payload.cursor;
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
      const effect = async (tx: Sql) => {
        await ingest(tx, {
          accountId: account.id,
          generation: account.generation,
          resource,
          observedAt: account.readAt,
          batch: toBatch(batch.records),
        });
        if (batch.next === undefined) await noteSync(tx, account.id, resource);
      };
      if (batch.next === undefined) return { kind: "done", effect };
      const further = follow(trail, { ...batch, next: batch.next });
      if (!further) throw repeats(provider.driver.slug);
      return { kind: "continue", cursor: writeTrail(further), effect };
    });
}

/** One record that a webhook named; where the provider no longer has it, neither do we. */
export function pullRecord(deps: SyncDeps): Handler<"sync.record"> {
  return ({ payload, signal }) =>
    withAccess(deps, payload.accountId, async ({ provider, account, ref }) => {
      const { resource, recordId } = payload;
      const now = deps.now();
      const store = (batch: ReturnType<typeof toBatch>): Outcome<Sql> => ({
        kind: "done",
        effect: async (tx) => {
          const { id: accountId, generation } = account;
          await ingest(tx, { accountId, generation, resource, observedAt: account.readAt, batch });
          await noteSync(tx, accountId, resource);
        },
      });
      try {
        const ask = { resource, recordId, account: ref, window: { from: now, to: now } };
        const batch = await provider.driver.fetchPage(ask, provider.context(signal));
        return store(toBatch(batch.records));
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
