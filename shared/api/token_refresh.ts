import { z } from "zod";
import type { Told } from "./told.ts";
import { readProviderId } from "./provider_ids.ts";
import type { dueQueued, refreshQueued } from "./token_refresh_answers.ts";

/** Body of a person's `POST /token-refresh`; no provider means all of theirs. */
export const refreshBody = z.strictObject({
  provider: z.string().min(1).max(40)
    .meta({ description: "A provider of theirs; all where it is absent", examples: ["oura"] })
    .transform((id) => readProviderId(id.toLowerCase())).optional(),
});

/**
 * The answer of the older function. Refreshes are queued, so success here means "will be refreshed";
 * one that fails shows in the source's status.
 */
export function presentRefresh(queued: readonly string[]): Told<typeof refreshQueued> {
  return {
    success: true,
    status: "completed",
    total_accounts: queued.length,
    successful_refreshes: queued.length,
    failed_refreshes: 0,
    results: queued.map((provider) => ({ success: true, provider, queued: true })),
  };
}

/** What the scheduler is told. */
export function presentDue(jobs: number): Told<typeof dueQueued> {
  return { success: true, data: { jobs } };
}
