import { toHex } from "../core/bytes.ts";
import { randomBytes, sha256Hex } from "../core/crypto.ts";
import { parseJson } from "../core/json.ts";
import { ProblemError } from "../core/problems.ts";
import type { Database } from "../db/client.ts";
import { mayBeOneWebhooks, type NewWebhook, recordWebhooks } from "../db/webhooks.ts";
import type { ConfiguredProvider, ProviderDirectory } from "../providers/configured.ts";
import { ProviderError } from "../providers/errors.ts";
import { PROVIDERS } from "../providers/mod.ts";
import type { RawRequest, Webhook } from "../providers/webhook.ts";
import { createGroupCommit } from "./group_commit.ts";

export interface ReceiveDeps {
  readonly db: Database;
  readonly providers: ProviderDirectory;
  readonly now: () => Date;
}

/** What the provider is told. */
export interface WebhookAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const DEFAULT_MAX_BYTES = 256 * 1_024;

/** The provider's body cap; nothing where it has no webhook. */
export function maxBytes(slug: string): number | undefined {
  const webhook = PROVIDERS.find((driver) => driver.slug === slug)?.webhook;
  return webhook && (webhook.maxBytes ?? DEFAULT_MAX_BYTES);
}

/** What its deliveries are written in; nothing where that is JSON. */
export function mediaTypes(slug: string): readonly string[] | undefined {
  return PROVIDERS.find((driver) => driver.slug === slug)?.webhook?.mediaTypes;
}

/** More in one statement gained nothing (docs/PERFORMANCE.md). */
const GROUP = { items: 256, bytes: 4 * 1_024 * 1_024 };
/** Four groups' worth, and room for two of the largest bodies; an isolate has 256 MB for everything. */
const HELD = { items: 1_024, bytes: 32 * 1_024 * 1_024 };
/** Providers hang up after 5 to 30 seconds, so a later 2xx would reach nobody. */
const DEADLINE_MS = 10_000;

/**
 * Answers a handshake or takes a delivery: signature over the raw bytes first, then event and job in one
 * statement, together with those that came meanwhile, and 2xx only after its commit. What the body means
 * is the worker's business, so a provider that changes its shape loses nothing.
 */
export function createReceiver({ db, providers, now }: ReceiveDeps) {
  const record = createGroupCommit<NewWebhook>({
    commit: (webhooks) => db.query((sql) => recordWebhooks(sql, webhooks), DEADLINE_MS),
    mayBeOneItems: mayBeOneWebhooks,
    sizeOf: ({ body }) => body.length,
    group: GROUP,
    held: HELD,
  });

  /** Throws `provider_*`, `signature_invalid`, `malformed_body`; `unavailable` where nothing was stored. */
  return async function receive(
    delivery: { readonly provider: string; readonly request: RawRequest },
  ): Promise<WebhookAnswer> {
    const { request } = delivery;
    const greeting = webhookOf(delivery.provider).greet?.(request);
    if (greeting) return await toAnswer(greeting);
    const { provider, webhook, secrets } = find(providers, delivery.provider);
    const answer = await webhook.handshake?.(request, secrets);
    if (answer) return await toAnswer(answer);
    const isGenuine = request.method === "POST" &&
      await webhook.verifyWebhook(request, secrets, now()).catch(unverifiable);
    if (!isGenuine && webhook.refusal) return { status: webhook.refusal };
    if (!isGenuine) throw refuse();
    requireJson(request);
    await record({
      provider: provider.driver.slug,
      dedupKey: deliveryKey(webhook, request),
      contentType: request.headers.get("content-type") ?? "application/json",
      headers: keptHeaders(webhook, request),
      body: request.body,
    });
    return { status: webhook.acknowledge ?? 200 };
  };
}

function webhookOf(slug: string): Webhook {
  const webhook = PROVIDERS.find((one) => one.slug === slug)?.webhook;
  if (!webhook) throw new ProblemError("provider_unknown", "Cannot find the webhook: unknown");
  return webhook;
}

function find(providers: ProviderDirectory, slug: string) {
  const webhook = webhookOf(slug);
  const provider: ConfiguredProvider | undefined = providers.get(slug);
  if (!provider?.webhook) {
    throw new ProblemError(
      "provider_not_configured",
      "Cannot take webhook: provider is not configured",
    );
  }
  return { provider, webhook, secrets: provider.webhook };
}

/** The provider's published keys cannot be had: it is to send again, for it may be its own delivery. */
function unverifiable(error: unknown): never {
  if (!(error instanceof ProviderError)) throw error;
  throw new ProblemError("unavailable", "Cannot take webhook: its keys cannot be read", 60);
}

function refuse(): ProblemError {
  return new ProblemError("signature_invalid", "Cannot take webhook: signature is not valid");
}

function requireJson(request: RawRequest): void {
  const type = request.headers.get("content-type") ?? "application/json";
  if (!/\bjson\b/i.test(type)) return;
  try {
    parseJson(request.body);
  } catch {
    throw new ProblemError("malformed_body", "Cannot take webhook: body is not JSON");
  }
}

/**
 * Hashed, so that a long key is as good as a short one: half of SHA-256, of which no two are alike by
 * chance, makes half the index. Random where equal bodies may mean new data.
 */
function deliveryKey(webhook: Webhook, request: RawRequest): string {
  const key = webhook.deliveryKey(request);
  return key === undefined ? `random:${toHex(randomBytes(16))}` : sha256Hex(key).slice(0, 32);
}

function keptHeaders(webhook: Webhook, request: RawRequest): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of webhook.keepHeaders ?? []) {
    const value = request.headers.get(name);
    if (value !== null) kept[name] = value;
  }
  return kept;
}

async function toAnswer(response: Response): Promise<WebhookAnswer> {
  const contentType = response.headers.get("content-type");
  const body = await response.text();
  return {
    status: response.status,
    // A 204 may not have even an empty one.
    ...(body ? { body } : {}),
    ...(contentType ? { headers: { "content-type": contentType } } : {}),
  };
}
