import { z } from "zod";
import { readProviderId } from "./provider_ids.ts";

/** Body of a person's `POST /token-refresh`; no provider means all of theirs. */
export const refreshBody = z.strictObject({
  provider: z.string().min(1).max(40)
    .transform((id) => readProviderId(id.toLowerCase())).optional(),
});

/**
 * The answer of the older function. Refreshes are queued, so success here means "will be refreshed";
 * one that fails shows in the source's status.
 */
export function presentRefresh(queued: readonly string[]) {
  return {
    success: true,
    status: "completed",
    total_accounts: queued.length,
    successful_refreshes: queued.length,
    failed_refreshes: 0,
    results: queued.map((provider) => ({ success: true, provider, queued: true })),
  } as const;
}
