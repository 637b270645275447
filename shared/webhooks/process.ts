import { sha256 } from "../core/crypto.ts";
import {
  type AccountKey,
  findAccounts,
  type FoundAccount,
  renameAccount,
  reserveAccount,
  setScopes,
} from "../db/accounts.ts";
import type { Sql } from "../db/client.ts";
import { isRaised } from "../db/lost.ts";
import { enqueue } from "../db/jobs.ts";
import type { Told } from "../db/records.ts";
import { findOpenState } from "../db/states.ts";
import { noteSync } from "../db/sync.ts";
import { readWebhook, settleWebhook, type WebhookOutcome } from "../db/webhooks.ts";
import type { Handler } from "../jobs/handlers.ts";
import type { ConfiguredProvider } from "../providers/configured.ts";
import type { WebhookEvent } from "../providers/webhook.ts";
import { toBatch, tombstone } from "../sync/batch.ts";
import type { SyncDeps } from "../sync/call.ts";
import { ingestTogether } from "../sync/ingest_together.ts";
import { newsJobs } from "./news.ts";

/** An event that comes while its person still holds the ticket waits for them so long. */
const PENDING_MS = 10 * 60_000;
const PENDING_SECONDS = 15;

type Step = (tx: Sql) => Promise<WebhookOutcome>;

/** Turns one stored webhook into data and jobs, all in the transaction that ends its job. */
export function processWebhook(deps: SyncDeps): Handler<"webhook.process"> {
  return async ({ payload, createdAt }) => {
    const { eventId } = payload;
    const stored = await deps.db.query((sql) => readWebhook(sql, eventId));
    if (!stored) return { kind: "done" };
    const provider = deps.providers.get(stored.provider);
    if (!provider?.driver.webhook) {
      return {
        kind: "snooze",
        seconds: 3_600,
        reason: "Cannot process webhook: provider is not configured",
      };
    }
    const events = provider.driver.webhook.parseWebhook({
      method: "POST",
      url: new URL(`https://webhooks.invalid/${stored.provider}`),
      headers: new Headers({ ...stored.headers, "content-type": stored.contentType }),
      body: stored.body,
    }, { receivedAt: new Date(stored.receivedAt) });
    const steps: Step[] = [];
    for (const event of events) {
      const accounts = await deps.db.query((sql) =>
        findAccounts(sql, stored.provider, event.externalUserId)
      );
      const waits = event.kind !== "linked" &&
        accounts.some((account) => account.status === "pending");
      if (waits && deps.now().getTime() - createdAt.getTime() < PENDING_MS) {
        return {
          kind: "snooze",
          seconds: PENDING_SECONDS,
          reason: "Cannot process webhook: link is not completed",
        };
      }
      steps.push(stepOf(provider, event, accounts, stored.receivedAt));
    }
    return {
      kind: "done",
      effect: async (tx) => {
        const outcomes = new Set<WebhookOutcome>();
        for (const step of steps) outcomes.add(await step(tx).catch(again));
        const worst = (["unmatched", "refused", "processed"] as const).find((one) =>
          outcomes.has(one)
        );
        await settleWebhook(tx, eventId, worst ?? "ignored");
      },
    };
  };
}

/**
 * The person left or linked anew since their account was looked up: to the job that is no end, as it is
 * to a pull, for a new link may want what was pushed. Tried again, it finds what there is then.
 */
function again(error: unknown): never {
  if (!isRaised(error, "accountClosed")) throw error;
  throw new Error("Cannot process webhook: its account changed meanwhile");
}

function stepOf(
  provider: ConfiguredProvider,
  event: WebhookEvent,
  accounts: readonly FoundAccount[],
  receivedAt: string,
): Step {
  const { driver } = provider;
  const active = accounts.filter((account) => account.status === "active");
  switch (event.kind) {
    case "ignored":
      return () => Promise.resolve("ignored");
    case "linked":
      return (tx) => expectPerson(tx, driver.slug, event);
    case "relinked":
      return (tx) => rename(tx, driver.slug, event);
    case "scopes_changed":
      return forEach(active, (tx, { id }) => setScopes(tx, id, event.granted));
    case "revoked":
      return forEach(
        accounts,
        (tx, { id }) =>
          enqueue(tx, [{
            kind: "connection.confirm_revocation",
            payload: { accountId: id },
            accountId: id,
          }]),
      );
    case "notify":
      return forEach(active, (tx, { id }) => enqueue(tx, newsJobs(driver, id, event)));
    case "deleted":
      return forEach(
        active,
        (tx, account) => {
          const batch = tombstone(event.recordId);
          return store(tx, account, { resource: event.resource, observedAt: receivedAt, batch });
        },
      );
    case "push": {
      const observedAt = event.occurredAt?.toISOString() ?? receivedAt;
      // Normalised outside the transaction: it is the slow part, and needs nothing of the database.
      const batches = active.map((account) => {
        const zone = account.timeZone === null ? {} : { timeZone: account.timeZone };
        const context = { receivedAt: new Date(receivedAt), ...zone };
        const { records } = driver.normalise(event.resource, event.body, context);
        return { account, batch: toBatch(records, account.via ?? driver.slug) };
      });
      return forEach(
        batches,
        (tx, { account, batch }) =>
          store(tx, account, {
            resource: event.resource,
            observedAt,
            batch,
            rawDays: driver.policy.rawDays,
          }),
      );
    }
  }
}

function forEach<T>(items: readonly T[], work: (tx: Sql, item: T) => Promise<void>): Step {
  return async (tx) => {
    for (const item of items) await work(tx, item);
    // Somebody we no longer know, or never did: answered 2xx all the same, or the provider would retry.
    return items.length > 0 ? "processed" : "unmatched";
  };
}

async function store(tx: Sql, { id, generation }: AccountKey, told: Told): Promise<void> {
  await ingestTogether(tx, { accountId: id, generation }, told);
  await noteSync(tx, id, told.resource);
}

/** A widget tells who came: the account waits, closed, for the person who began to bring the ticket. */
async function expectPerson(
  tx: Sql,
  slug: string,
  event: Extract<WebhookEvent, { kind: "linked" }>,
): Promise<WebhookOutcome> {
  const state = await findOpenState(tx, sha256(event.reference), slug);
  if (!state) return "refused";
  await reserveAccount(tx, {
    userId: state.userId,
    provider: slug,
    region: state.region,
    externalUserId: event.externalUserId,
    ...(event.via ? { via: event.via } : {}),
  });
  return "processed";
}

async function rename(
  tx: Sql,
  slug: string,
  event: Extract<WebhookEvent, { kind: "relinked" }>,
): Promise<WebhookOutcome> {
  const { previousExternalUserId: previous, externalUserId } = event;
  return await renameAccount(tx, { provider: slug, previous, externalUserId })
    ? "processed"
    : "unmatched";
}
