import type { Bytes } from "../core/bytes.ts";
import type { Secret } from "../core/secret.ts";
import type { Window } from "../core/time.ts";
import type { AccountRef, DriverContext } from "./driver.ts";

/** News from a provider. `notify` points at data, `push` carries it. */
export type WebhookEvent =
  & {
    readonly externalUserId: string;
    readonly occurredAt?: Date;
  }
  & (
    | {
      readonly kind: "notify";
      readonly resource: string;
      readonly window: Window;
      /** `delete` where the webhook is no proof: the record is asked for, and gone means gone. */
      readonly action?: "create" | "update" | "delete";
      readonly dataType?: string;
      readonly recordId?: string;
      /** What the pull of the window begins with, as `Ask.cursor`: the token that a ping gave for it. */
      readonly cursor?: string;
    }
    | { readonly kind: "push"; readonly resource: string; readonly body: unknown }
    | {
      readonly kind: "deleted";
      readonly resource: string;
      readonly recordId: string;
      readonly dataType?: string;
    }
    | {
      readonly kind: "linked";
      readonly reference: string;
      /** The service behind an aggregator, lower case. */
      readonly via?: string;
      readonly scopes?: readonly string[];
    }
    /** The same person under a new external id. */
    | { readonly kind: "relinked"; readonly previousExternalUserId: string }
    | { readonly kind: "scopes_changed"; readonly granted: readonly string[] }
    /** A hint where the webhook is unsigned: confirmed with the provider before anything is cut. */
    | { readonly kind: "revoked" }
    /** Understood and of no consequence; `type` is the provider's word. */
    | { readonly kind: "ignored"; readonly type: string }
  );

export interface RawRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Bytes;
}

export interface WebhookSecrets {
  /** Active signing secrets, newest first; two while one is being rotated. Never empty. */
  readonly signing: readonly Secret[];
  /** Our own id at the provider, for deliveries that name whom they are for. */
  readonly clientId?: string;
  /** The token of the subscription handshake, where the provider has one. */
  readonly verifyToken?: Secret;
  /** The provider's published keys (`Webhook.keyset`), cached; `fresh` asks again, at most once a minute. */
  keyset?(fresh?: boolean): Promise<unknown>;
}

/** What a delivery does not say of itself. */
export interface WebhookContext {
  /** When it reached us, for news that names no time. */
  readonly receivedAt: Date;
}

export interface Webhook {
  /** Larger bodies are refused with 413 before any work; default 256 KiB. */
  readonly maxBytes?: number;
  /** What deliveries are written in, `""` for no word of it; default JSON. */
  readonly mediaTypes?: readonly string[];
  /** Which credential signs: `client` is the OAuth client secret, `webhook` one of its own. */
  readonly signedWith: "client" | "webhook";
  /** Deliveries prove themselves by the address, which ends in the webhook's secret (`pathSecret`). */
  readonly hasSecretPath?: true;
  /**
   * What a good delivery does not prove. `time`: it can be replayed (Polar, Fitbit, Google Health), so
   * that its key and the record's version must hold. `body`: only who sends is known (a secret path),
   * so that deletions and revocations in it are hints, and what it carries may be stored only where the
   * provider has no way to be asked (Garmin).
   */
  readonly unproven?: readonly ("time" | "body")[];
  /** What a good delivery is answered with; default 200. */
  readonly acknowledge?: 200 | 204;
  /** What a delivery that fails verification is answered with; default 401. Fitbit documents 404. */
  readonly refusal?: 404;
  /** Where the provider publishes the keys that sign; a host of the driver's. */
  readonly keyset?: string;
  /**
   * The answer to a check that comes before any secret is known (Polar's PING, Withings' HEAD), if
   * `request` is one. It proves nothing, so nothing else may follow from it.
   */
  greet?(request: RawRequest): Response | undefined;
  /** The answer to the provider's subscription check, if `request` is one. */
  handshake?(request: RawRequest, secrets: WebhookSecrets): Promise<Response | undefined>;
  /** Over raw bytes, in constant time, fresh by `now`. */
  verifyWebhook(request: RawRequest, secrets: WebhookSecrets, now: Date): Promise<boolean>;
  /**
   * Identity of this delivery, the same on each retry; nothing where the provider gives none and
   * equal bodies may mean new data (such events are coalesced by job key, never dropped).
   */
  deliveryKey(request: RawRequest): string | undefined;
  /** Headers that `parseWebhook` reads, lower case: the others are not stored with the body. */
  readonly keepHeaders?: readonly string[];
  /** Throws `contract` where the body is not what the provider documents. */
  parseWebhook(request: RawRequest, context: WebhookContext): readonly WebhookEvent[];
  /** Makes the provider's subscriptions what they should be: creates, renews; safe to repeat. */
  subscribe?(
    p: { readonly callbackUrl: string; readonly verifyToken: Secret },
    ctx: DriverContext,
  ): Promise<void>;
  /**
   * The same where each person has subscriptions of their own, made with their token (Withings). Asked
   * after each link, and daily.
   */
  subscribePerson?(
    p: { readonly callbackUrl: string; readonly account: AccountRef },
    ctx: DriverContext,
  ): Promise<void>;
}
