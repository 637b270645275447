import type { Client, DriverContext, ProviderDriver } from "./driver.ts";
import type { Call, Pass, Urgency, Wait } from "./gate.ts";
import type { WebhookSecrets } from "./webhook.ts";

/** A driver with what this deployment gave it: what use cases call providers through. */
export interface ConfiguredProvider {
  readonly driver: ProviderDriver;
  readonly client: Client;
  /** Absent: its webhooks cannot be verified, so they are refused. */
  readonly webhook?: WebhookSecrets;
  /** Asked for instead of the driver's own. */
  readonly scopes?: readonly string[];
  /** Region of accounts that name none; empty where the provider has one. */
  readonly region: string;
  /** Effects for one call; `signal` ends it. Each of its requests passes the provider's gate. */
  context(signal: AbortSignal, call?: Call): DriverContext;
  /** A pass ahead of the call, for what must not begin in vain. */
  admit(urgency: Urgency): Promise<Pass | Wait>;
  /** Gives back a pass that was not used. */
  release(pass: Pass): Promise<void>;
  /** Where a browser finds what the driver calls `url`: another host where a sandbox stands in. */
  browserUrl(url: URL): URL;
}

/** The configured provider of a slug; nothing where the operator gave it no credentials. */
export interface ProviderDirectory {
  get(slug: string): ConfiguredProvider | undefined;
  all(): readonly ConfiguredProvider[];
}
