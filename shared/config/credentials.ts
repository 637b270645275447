import { Secret } from "../core/secret.ts";
import type { Client, ProviderDriver } from "../providers/driver.ts";
import type { Link } from "../providers/link.ts";
import type { Webhook, WebhookSecrets } from "../providers/webhook.ts";
import { secretFault } from "./settings.ts";

/** The part of a driver that decides which credentials it takes. */
export type Configurable =
  & Pick<ProviderDriver, "slug" | "env" | "regions" | "apiBases">
  & { readonly link: Pick<Link, "kind">; readonly webhook?: Pick<Webhook, "signedWith"> };

/** What one configured provider needs to be spoken to. */
export interface ProviderConfig {
  /** Empty where the kind of link has no client of ours (`credentials`, `bridge`). */
  readonly client: Client;
  /** Absent: no delivery can be verified, so the provider's webhooks are answered with 503. */
  readonly webhook?: WebhookSecrets;
  /** Asked for instead of the driver's own. */
  readonly scopes?: readonly string[];
  readonly region?: string;
  /** One of the driver's `apiBases`. */
  readonly apiBase?: string;
}

export interface CredentialReading {
  /** Absent: the provider is not configured. */
  readonly config?: ProviderConfig;
  readonly problems: readonly string[];
  /** Worth a warning at start, and nothing more. */
  readonly notices: readonly string[];
  /** Name and value of each secret that is set; to find equal ones. */
  readonly secrets: readonly (readonly [name: string, value: string])[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CredentialNames {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Only where the driver's `env` names one. */
  readonly apiKey: string | undefined;
  readonly webhookSecret: string;
  readonly verifyToken: string;
  readonly scopes: string;
  readonly region: string;
  readonly apiBase: string;
}

/** `<SLUG>_CLIENT_ID` and its kin, unless the driver says otherwise. */
export function credentialNames(driver: Pick<Configurable, "slug" | "env">): CredentialNames {
  const prefix = driver.slug.toUpperCase().replaceAll("-", "_");
  return {
    clientId: driver.env?.clientId ?? `${prefix}_CLIENT_ID`,
    clientSecret: driver.env?.clientSecret ?? `${prefix}_CLIENT_SECRET`,
    apiKey: driver.env?.apiKey,
    webhookSecret: driver.env?.webhookSecret ?? `${prefix}_WEBHOOK_SECRET`,
    verifyToken: driver.env?.verifyToken ?? `${prefix}_VERIFY_TOKEN`,
    scopes: `${prefix}_SCOPES`,
    region: `${prefix}_REGION`,
    apiBase: `${prefix}_API_BASE`,
  };
}

/** Whether linking goes through a client that the operator registers with the provider. */
export function needsClient(driver: Pick<Configurable, "link">): boolean {
  return driver.link.kind === "oauth2" || driver.link.kind === "widget";
}

/** The name under which a secret being replaced stays accepted. */
export function previous(name: string): string {
  return `${name}_PREVIOUS`;
}

/** Reads one provider's credentials. All of them absent is no fault; half of them is. */
export function readCredentials(driver: Configurable, env: Environment): CredentialReading {
  const names = credentialNames(driver);
  const signer = driver.webhook?.signedWith === "client" ? names.clientSecret : names.webhookSecret;
  const secretNames = new Set(driver.webhook ? [signer, previous(signer), names.verifyToken] : []);
  if (needsClient(driver)) secretNames.add(names.clientSecret);
  if (names.apiKey !== undefined) secretNames.add(names.apiKey);

  const secrets = [...secretNames].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const problems = secrets.flatMap(([name, value]) => {
    const fault = secretFault(value);
    return fault ? [`${name} ${fault}`] : [];
  });
  const id = env[names.clientId];
  const secret = env[names.clientSecret];
  const apiKey = names.apiKey === undefined ? undefined : env[names.apiKey];
  const region = env[names.region];
  if (id !== undefined && secretFault(id)) problems.push(`${names.clientId} ${secretFault(id)}`);
  if (region !== undefined && !Object.hasOwn(driver.regions ?? {}, region)) {
    problems.push(`${names.region} ${choiceFault(Object.keys(driver.regions ?? {}))}`);
  }
  const apiBase = env[names.apiBase];
  if (apiBase !== undefined && !driver.apiBases?.includes(apiBase)) {
    problems.push(`${names.apiBase} ${choiceFault(driver.apiBases ?? [])}`);
  }

  if (needsClient(driver)) {
    if (id === undefined && secret === undefined) {
      if (secrets.length > 0) {
        problems.push(`${names.clientId} and ${names.clientSecret} are not set, yet others are`);
      }
      return { problems, notices: [], secrets };
    }
    if (id === undefined) problems.push(`${names.clientId} is not set`);
    if (secret === undefined) problems.push(`${names.clientSecret} is not set`);
    if (names.apiKey !== undefined && apiKey === undefined) {
      problems.push(`${names.apiKey} is not set`);
    }
  }

  const webhook = webhookSecrets(driver, env, signer, names.verifyToken);
  const scopes = env[names.scopes]?.split(/[\s,]+/).filter(Boolean) ?? [];
  return {
    problems,
    secrets,
    notices: driver.webhook && !webhook
      ? [`${signer} is not set: webhooks of ${driver.slug} are refused`]
      : [],
    config: {
      client: {
        id: id ?? "",
        secret: new Secret(secret ?? ""),
        ...(apiKey === undefined ? {} : { apiKey: new Secret(apiKey) }),
      },
      ...(webhook ? { webhook } : {}),
      ...(scopes.length > 0 ? { scopes } : {}),
      ...(region !== undefined ? { region } : {}),
      ...(apiBase !== undefined ? { apiBase } : {}),
    },
  };
}

function choiceFault(choices: readonly string[]): string {
  return choices.length > 0 ? `must be one of ${choices.join(", ")}` : "is set, but has no meaning";
}

function webhookSecrets(
  driver: Configurable,
  env: Environment,
  signer: string,
  verifyTokenName: string,
): WebhookSecrets | undefined {
  const active = env[signer];
  if (!driver.webhook || active === undefined) return undefined;
  const replaced = env[previous(signer)];
  const verifyToken = env[verifyTokenName];
  return {
    signing: [active, ...(replaced === undefined ? [] : [replaced])].map((text) =>
      new Secret(text)
    ),
    ...(verifyToken === undefined ? {} : { verifyToken: new Secret(verifyToken) }),
  };
}
