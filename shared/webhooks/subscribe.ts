import type { Handler } from "../jobs/handlers.ts";
import { enqueue, type NewJob } from "../db/jobs.ts";
import type { Database } from "../db/client.ts";
import { takeDuePolls } from "../db/sync.ts";
import type { ConfiguredProvider, ProviderDirectory } from "../providers/configured.ts";
import type { ProviderDriver } from "../providers/driver.ts";
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

/** Its name among what is polled; no resource can have it. */
const UPKEEP = "webhook.subscribe";
/** A person's subscriptions are looked at as often as their data are read again. */
const UPKEEP_SECONDS = 24 * 3_600;
/** Behind news: it mends what may be broken. */
const UPKEEP_PRIORITY = 150;
/** Accounts of one transaction. */
const BATCH = 500;

/** When those of a fresh link are looked at first; they are made at once. */
export function firstUpkeep({ webhook }: ProviderDriver) {
  return webhook?.subscribePerson ? [{ resource: UPKEEP, delaySeconds: UPKEEP_SECONDS }] : [];
}

/** Makes the subscriptions by which a fresh link's news come. */
export function firstSubscriptions({ slug, webhook }: ProviderDriver, accountId: string): NewJob[] {
  return [
    ...(webhook?.subscribe ? [ofApp(slug)] : []),
    ...(webhook?.subscribePerson ? [ofPerson(slug, accountId)] : []),
  ];
}

const ofApp = (provider: string): NewJob => ({ kind: "webhook.subscribe", payload: { provider } });

const ofPerson = (provider: string, accountId: string): NewJob => ({
  kind: "webhook.subscribe",
  payload: { provider, accountId },
  accountId,
});

/**
 * Queues the upkeep of all subscriptions: a provider's at each tick, a person's once a day.
 * Level-triggered: each job compares what there is with what should be, so a tick or a job that was lost
 * is made up for by the next.
 */
export async function enqueueSubscriptions(deps: Deps): Promise<void> {
  for (const { driver, webhook } of deps.providers.all()) {
    if (driver.webhook?.subscribe && webhook?.verifyToken) {
      await deps.db.query((sql) => enqueue(sql, [ofApp(driver.slug)]));
    }
    // Without its secret there is no address to subscribe, and what is due stays so.
    if (driver.webhook?.subscribePerson && webhook) {
      for (let due = BATCH; due === BATCH;) due = await enqueueDue(deps, driver.slug);
    }
  }
}

async function enqueueDue({ db }: Deps, provider: string): Promise<number> {
  return await db.transaction(async (tx) => {
    const due = await takeDuePolls(tx, {
      provider,
      resource: UPKEEP,
      everySeconds: UPKEEP_SECONDS,
      limit: BATCH,
    });
    await enqueue(
      tx,
      due.map(({ accountId }) => ({
        ...ofPerson(provider, accountId),
        priority: UPKEEP_PRIORITY,
      })),
    );
    return due.length;
  });
}
