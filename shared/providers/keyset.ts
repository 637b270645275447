import { z } from "zod";
import { HOUR, MINUTE } from "../core/time.ts";
import type { DriverContext } from "./driver.ts";
import { callProvider, type ProviderIdentity, readJson } from "./kit/http.ts";
import type { WebhookSecrets } from "./webhook.ts";

/** Keys are rotated over days; a webhook signed by a newer one asks again at once. */
const KEPT_FOR = HOUR;
/** Anybody can name a key that does not exist: asking is no way to keep the provider busy. */
const ASKED_AGAIN_AFTER = MINUTE;
const TIMEOUT_MILLISECONDS = 5_000;

/**
 * The keys that `provider` publishes at `url`, asked for when a webhook needs them. The last that came
 * stay in force where the provider cannot be reached. Throws `ProviderError` while none ever came.
 */
export function publishedKeys(
  provider: ProviderIdentity,
  url: string,
  context: Omit<DriverContext, "signal">,
): NonNullable<WebhookSecrets["keyset"]> {
  let kept: { readonly keys: Promise<unknown>; readonly at: number } | undefined;

  async function ask(): Promise<unknown> {
    const ctx = { ...context, signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) };
    return await readJson(
      provider,
      await callProvider(provider, new Request(url), ctx),
      z.unknown(),
    );
  }

  return (fresh = false) => {
    const now = context.now().getTime();
    const age = now - (kept?.at ?? -Infinity);
    if (kept && age < (fresh ? ASKED_AGAIN_AFTER : KEPT_FOR)) return kept.keys;
    const before = kept?.keys;
    const keys = ask().catch((error) => {
      if (before) return before;
      kept = undefined;
      throw error;
    });
    kept = { keys, at: now };
    return keys;
  };
}
