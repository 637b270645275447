import type { Handler } from "../jobs/handlers.ts";
import { enqueue, type NewJob } from "../db/jobs.ts";
import type { Database } from "../db/client.ts";
import type { ConfiguredProvider, ProviderDirectory } from "../providers/configured.ts";
import { type SyncDeps, withAccess } from "../sync/call.ts";

interface Deps {
  readonly db: Database;
  readonly providers: ProviderDirectory;
  readonly functionsUrl: string;
}

/**
 * Makes a provider's subscriptions what they should be, or those of one person: creates those that lack,
 * renews those that end.
 */
export function subscribe(deps: Deps & SyncDeps): Handler<"webhook.subscribe"> {
  return async ({ payload, signal }) => {
    if (payload.accountId !== undefined) {
      return await withAccess(deps, payload.accountId, async ({ provider, ref }) => {
        const { driver, webhook } = provider;
        if (webhook) {
          await driver.webhook?.subscribePerson?.(
            { callbackUrl: callbackUrl(deps, provider), account: ref },
            provider.context(signal),
          );
        }
        return { kind: "done" };
      });
    }
    const provider = deps.providers.get(payload.provider);
    const verifyToken = provider?.webhook?.verifyToken;
    if (provider && verifyToken) {
      await provider.driver.webhook?.subscribe?.(
        { callbackUrl: callbackUrl(deps, provider), verifyToken },
        provider.context(signal),
      );
    }
    return { kind: "done" };
  };
}

function callbackUrl({ functionsUrl }: Deps, { driver, webhook }: ConfiguredProvider): string {
  const address = `${functionsUrl}/webhooks/${driver.slug}`;
  const [secret] = driver.webhook?.hasSecretPath ? webhook?.signing ?? [] : [];
  return secret ? `${address}/${encodeURIComponent(secret.reveal())}` : address;
}

/** Queues the upkeep of every provider that has subscriptions. */
export async function enqueueSubscriptions(deps: Deps): Promise<void> {
  const jobs = deps.providers.all()
    .filter(({ driver, webhook }) => driver.webhook?.subscribe && webhook?.verifyToken)
    .map(({ driver }): NewJob => ({
      kind: "webhook.subscribe",
      payload: { provider: driver.slug },
    }));
  await deps.db.query((sql) => enqueue(sql, jobs));
}
