import type { VaultKeys } from "./core/envelope.ts";
import { parseMasterKeys } from "./core/keyring.ts";
import type { Secret } from "./core/secret.ts";
import {
  type Configurable,
  type Environment,
  type ProviderConfig,
  readCredentials,
} from "./config/credentials.ts";
import { isPublicUrl, SETTINGS, type Settings } from "./config/settings.ts";

export type { Environment, ProviderConfig } from "./config/credentials.ts";

/** Everything that an operator decides, checked. URLs are without a slash at their end. */
export interface Config {
  readonly databaseUrl: Secret;
  readonly supabaseUrl: string;
  readonly auth: {
    readonly issuer: string;
    /** Keys given by the platform; absent means to ask `jwksUrl`. */
    readonly jwks?: NonNullable<Settings["SUPABASE_JWKS"]>;
    readonly jwksUrl: string;
    /** Present only where the legacy algorithm is switched on. */
    readonly hs256Secret?: Secret;
  };
  /** Public base of the functions: redirect URIs and webhook callbacks begin with it. */
  readonly functionsUrl: string;
  readonly appUrl: string;
  /** Exact origins for `return_to`. */
  readonly returnToOrigins: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly consent: "app" | "explicit";
  readonly vaultKeys: VaultKeys;
  /** Newest first; one, or two while one is being replaced. */
  readonly internalSecrets: readonly Secret[];
  /** Provider origin to the base that stands for it; empty in production. */
  readonly providerOrigins: ReadonlyMap<string, string>;
  readonly rateLimit: { readonly requests: number; readonly windowSeconds: number };
  /** How long an isolate lives. */
  readonly wallClockSeconds: number;
  readonly allowPrivilegedRole: boolean;
  readonly logLevel: Settings["LOG_LEVEL"];
  readonly release: string;
  /** By slug; a provider that is not configured is absent. */
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  /** Legal, but an operator should know: logged once at start. */
  readonly notices: readonly string[];
}

/**
 * Reads the environment once. Throws one error that names every setting that is wrong and what is
 * wrong with it, and never a value. A provider without credentials is merely absent.
 */
export function parseConfig(env: Environment, drivers: readonly Configurable[]): Config {
  const settings = SETTINGS.safeParse(env);
  const credentials = drivers.map((driver) => [driver.slug, readCredentials(driver, env)] as const);
  // A set: two drivers may share the credentials of one provider.
  const problems = [
    ...new Set([
      ...(settings.error?.issues ?? []).map((issue) => `${issue.path.join(".")} ${issue.message}`),
      ...togetherProblems(env),
      ...credentials.flatMap(([, reading]) => reading.problems),
      ...equalSecrets([
        ...ownSecrets(env),
        ...credentials.flatMap(([, reading]) => reading.secrets),
      ]),
    ]),
  ];
  if (!settings.success || problems.length > 0) {
    const count = problems.length === 1 ? "1 setting is" : `${problems.length} settings are`;
    throw new Error(`Cannot start: ${count} wrong\n${problems.map((p) => `  ${p}`).join("\n")}`);
  }
  return build(settings.data, {
    providers: new Map(
      credentials.flatMap(([slug, { config }]) => config ? [[slug, config] as const] : []),
    ),
    notices: credentials.flatMap(([, reading]) => reading.notices),
  });
}

function build(
  s: Settings,
  rest: Pick<Config, "providers" | "notices">,
): Config {
  const databaseUrl = s.RAPHAEL_DATABASE_URL ?? s.SUPABASE_DB_URL;
  const appUrl = s.APP_BASE_URL ?? s.APP_URL;
  if (!databaseUrl || !appUrl) throw new Error("Cannot start: settings were not checked");
  const issuer = s.AUTH_ISSUER ?? `${s.SUPABASE_URL}/auth/v1`;
  const appOrigin = new URL(appUrl).origin;
  return {
    databaseUrl,
    supabaseUrl: s.SUPABASE_URL,
    auth: {
      issuer,
      jwksUrl: `${s.SUPABASE_URL}/auth/v1/.well-known/jwks.json`,
      ...(s.SUPABASE_JWKS ? { jwks: s.SUPABASE_JWKS } : {}),
      ...(s.AUTH_HS256_SECRET ? { hs256Secret: s.AUTH_HS256_SECRET } : {}),
    },
    functionsUrl: s.FUNCTIONS_URL ?? `${s.SUPABASE_URL}/functions/v1`,
    appUrl,
    returnToOrigins: s.RETURN_TO_ORIGINS ?? [appOrigin],
    corsOrigins: s.CORS_ORIGINS ?? [appOrigin],
    consent: s.CONSENT,
    vaultKeys: { active: s.ENCRYPTION_ACTIVE_KEY, masters: s.ENCRYPTION_KEYS },
    internalSecrets: s.INTERNAL_SECRETS,
    providerOrigins: s.PROVIDER_ORIGINS,
    rateLimit: { requests: s.RATE_LIMIT_REQUESTS, windowSeconds: s.RATE_LIMIT_WINDOW_SECONDS },
    wallClockSeconds: s.WALL_CLOCK_SECONDS,
    allowPrivilegedRole: s.ALLOW_PRIVILEGED_ROLE,
    logLevel: s.LOG_LEVEL,
    release: s.RELEASE,
    ...rest,
  };
}

/** What only shows when settings are seen together; read raw, so that it is told beside the rest. */
function togetherProblems(env: Environment): string[] {
  const problems: string[] = [];
  if (!env["RAPHAEL_DATABASE_URL"] && !env["SUPABASE_DB_URL"]) {
    problems.push("RAPHAEL_DATABASE_URL is not set");
  }
  if (!env["APP_BASE_URL"] && !env["APP_URL"]) problems.push("APP_BASE_URL is not set");
  const supabaseUrl = env["SUPABASE_URL"];
  if (!env["FUNCTIONS_URL"] && supabaseUrl && !isPublicUrl(supabaseUrl)) {
    problems.push("FUNCTIONS_URL is not set, and SUPABASE_URL is not a public address");
  }
  const allowed = env["AUTH_ALLOW_HS256"] === "true";
  const hasSecret = env["AUTH_HS256_SECRET"] !== undefined;
  if (allowed && !hasSecret) problems.push("AUTH_HS256_SECRET is not set");
  if (!allowed && hasSecret) {
    problems.push("AUTH_HS256_SECRET is set, but AUTH_ALLOW_HS256 is not true");
  }
  const keys = parseMasterKeys(env["ENCRYPTION_KEYS"] ?? "");
  const active = env["ENCRYPTION_ACTIVE_KEY"];
  if (active && keys.problems.length === 0 && !keys.masters.has(active)) {
    problems.push("ENCRYPTION_ACTIVE_KEY is not among ENCRYPTION_KEYS");
  }
  return problems;
}

type Named = readonly (readonly [name: string, value: string])[];

function ownSecrets(env: Environment): Named {
  const parts = (name: string) => (env[name] ?? "").split(",").map((part) => part.trim());
  return [
    ["AUTH_HS256_SECRET", env["AUTH_HS256_SECRET"] ?? ""],
    ...parts("INTERNAL_SECRETS").map((value) => ["INTERNAL_SECRETS", value] as const),
    ...parts("ENCRYPTION_KEYS").map((entry) =>
      ["ENCRYPTION_KEYS", entry.slice(entry.indexOf(":") + 1)] as const
    ),
  ];
}

/** One secret in two places turns the leak of one into the leak of both, and confuses their senders. */
function equalSecrets(secrets: Named): string[] {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, value] of secrets) {
    if (value === "") continue;
    const owner = owners.get(value);
    if (owner === undefined) owners.set(value, name);
    else if (owner !== name) problems.push(`${name} is the same secret as ${owner}`);
  }
  return problems;
}
