import { credentialNames } from "@shared/config/credentials.ts";
import { findProvider } from "@shared/providers/mod.ts";
import type { Keys } from "./keys.ts";

export interface FunctionEnvOptions {
  readonly gatewayUrl: string;
  readonly databaseUrl: string;
  readonly jwks: unknown;
  /** Provider origin to where the sandbox stands for it. */
  readonly origins: Readonly<Record<string, string>>;
  readonly keys: Keys;
}

/** Where an app under development usually listens: it may call the functions and get people back. */
const APP_ORIGINS = ["http://localhost:5173", "http://127.0.0.1:5173", "http://localhost:3000"];

/** The whole environment of the functions: what the platform sets, and what an operator would. */
export function functionEnv(options: FunctionEnvOptions): Readonly<Record<string, string>> {
  const { gatewayUrl, keys, origins } = options;
  const apps = [gatewayUrl, ...APP_ORIGINS].join(",");
  return {
    SUPABASE_URL: gatewayUrl,
    SUPABASE_JWKS: JSON.stringify(options.jwks),
    RAPHAEL_DATABASE_URL: options.databaseUrl,
    AUTH_ISSUER: `${gatewayUrl}/auth/v1`,
    FUNCTIONS_URL: `${gatewayUrl}/functions/v1`,
    APP_BASE_URL: `${gatewayUrl}/app`,
    RETURN_TO_ORIGINS: apps,
    CORS_ORIGINS: apps,
    ENCRYPTION_KEYS: `local:${keys.encryption}`,
    ENCRYPTION_ACTIVE_KEY: "local",
    INTERNAL_SECRETS: keys.internalSecret,
    PROVIDER_ORIGINS: Object.entries(origins).map((pair) => pair.join("=")).join(","),
    // The seed's 100 in a quarter of an hour would end a journey that pages through everything.
    RATE_LIMIT_REQUESTS: "100000",
    RATE_LIMIT_WINDOW_SECONDS: "60",
    // A process here lives as long as the stack.
    WALL_CLOCK_SECONDS: "999999999",
    RELEASE: "local",
    OURA_CLIENT_ID: CLIENT_IDS.oura,
    OURA_CLIENT_SECRET: keys.oura.secret,
    OURA_VERIFY_TOKEN: keys.oura.verifyToken,
    TERRA_DEV_ID: CLIENT_IDS.terra,
    TERRA_API_KEY: keys.terra.apiKey,
    TERRA_WEBHOOK_SECRET: keys.terra.webhookSecret,
    DEXCOM_CLIENT_ID: CLIENT_IDS.dexcom,
    DEXCOM_CLIENT_SECRET: keys.dexcom.secret,
    ...Object.fromEntries(
      Object.entries(keys.cloud).flatMap(([slug, drawn]) => credentialsOf(slug, drawn)),
    ),
  };
}

/** Under the names that the driver reads them by; nothing for a slug that has none. */
function credentialsOf(
  slug: string,
  { secret, webhookSecret, verifyToken, apiKey }: Keys["cloud"][string],
): readonly (readonly [name: string, value: string])[] {
  const found = findProvider(slug);
  if (found?.kind !== "driver") return [];
  const names = credentialNames(found.driver);
  return [
    [names.clientId, cloudClientId(slug)],
    [names.clientSecret, secret],
    [names.webhookSecret, webhookSecret],
    [names.verifyToken, verifyToken],
    ...(names.apiKey === undefined ? [] : [[names.apiKey, apiKey] as const]),
  ];
}

/** Providers that draw ids of a form: Spike's are numbers. */
const DRAWN_IDS: Readonly<Record<string, string>> = { spike: "1000" };

export function cloudClientId(slug: string): string {
  return DRAWN_IDS[slug] ?? `raphael-local-${slug}`;
}

/** What the sandbox knows us by. */
export const CLIENT_IDS = {
  oura: "raphael-local-oura",
  terra: "raphael-local-terra",
  dexcom: "raphael-local-dexcom",
} as const;
