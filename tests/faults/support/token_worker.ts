/** A worker process that refreshes accounts at random, in several lanes. SIGTERM lets it finish. */
import { FIRST_PAGE, rotateOnePage } from "../../support/key_rotation.ts";
import { pause } from "./plan.ts";
import { createTokenClient, type TokenPlan } from "./token_client.ts";

// SAFETY: the supervisor writes it.
const plan = JSON.parse(Deno.args[0] ?? "") as TokenPlan;
const log = (level: string, event: string, fields: Record<string, unknown> = {}) =>
  console.log(JSON.stringify({ level, event, ...fields }));
const client = createTokenClient(plan, log);
let stopping = false;

(async () => {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
})();
Deno.addSignalListener("SIGTERM", () => stopping = true);

async function refreshInTurn(): Promise<void> {
  while (!stopping) {
    const account = plan.accounts[Math.floor(Math.random() * plan.accounts.length)] ?? "";
    try {
      // As the queue does with a job that is to wait.
      while (await client.refresh(account) === "wait" && !stopping) await pause(100);
    } catch (error) {
      log("warn", "refresh_failed", { reason: error instanceof Error ? error.message : "unknown" });
      await pause(100);
    }
  }
}

async function rotateOverAndOver(): Promise<void> {
  let cursor: string | undefined = FIRST_PAGE;
  while (!stopping) {
    cursor = await rotateOnePage({ ...client, log }, plan.active, cursor).catch(() => FIRST_PAGE);
    await pause(10);
  }
}

log("info", "ready");
await Promise.all([
  ...Array.from({ length: plan.lanes }, refreshInTurn),
  ...(plan.rotateKeys ? [rotateOverAndOver()] : []),
]);
Deno.exit(0);
