/** Answers of `token-refresh`: the source of their types and of docs/openapi.json. */
import { z } from "zod";

const success = z.literal(true);
const count = z.number().int().min(0);

export const refreshQueued = z.object({
  success,
  status: z.literal("completed").meta({
    description: "For older pages: what is queued will be done",
  }),
  total_accounts: count,
  successful_refreshes: count.meta({
    description: "All of them: one that fails shows in its source",
  }),
  failed_refreshes: z.literal(0),
  results: z.array(
    z.object({
      success,
      provider: z.string().meta({ description: "The provider's slug", examples: ["oura"] }),
      queued: z.literal(true),
    }),
  ),
}).meta({ id: "RefreshQueued", description: "The person's accounts whose refresh is queued" });

export const dueQueued = z.object({
  success,
  data: z.object({ jobs: count.meta({ description: "Refreshes that were queued" }) }),
}).meta({ id: "DueQueued", description: "What the scheduler is told" });
