import { z } from "zod";
import { parseMasterKeys } from "../core/keyring.ts";
import { Secret } from "../core/secret.ts";

/** No message of this file repeats a value: what is set wrongly may well be a secret. */
const NOT_SET = "is not set";

const text = z.string(NOT_SET).min(1, "is empty: give it a value or unset it");

/** What is wrong with a secret, if anything. White space around it is a copy that took too much. */
export function secretFault(value: string): string | undefined {
  if (value === "") return "is empty: give it a value or unset it";
  if (/^\s|\s$/.test(value)) return "begins or ends with white space";
  if (/\p{Cc}/u.test(value)) return "holds a control character";
  if (value === "whsec_") return "is only the prefix of a secret";
  return undefined;
}

/** An origin and path that strangers' browsers reach: https, or http on this very machine. */
export function isPublicUrl(value: string): boolean {
  const url = URL.parse(value);
  if (!url || url.username || url.password || url.search || url.hash) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url));
}

function isLoopback(url: URL): boolean {
  return ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
}

function isOrigin(value: string): boolean {
  return isPublicUrl(value) && URL.parse(value)?.origin === value;
}

const withoutSlash = (url: string) => url.replace(/\/+$/, "");

const publicUrl = text.refine(
  isPublicUrl,
  "must be an https URL without query, or http on loopback",
)
  .transform(withoutSlash);

const serviceUrl = text.refine(
  (value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ""),
  "must be an http or https URL",
).transform(withoutSlash);

const databaseUrl = text.refine(
  (value) => /^postgres(ql)?:$/.test(URL.parse(value)?.protocol ?? ""),
  "must be a postgres:// URL",
).transform((value) => new Secret(value));

const list = (value: string) => value.split(",").map((part) => part.trim()).filter(Boolean);

const origins = text.transform(list).refine(
  (values) => values.every(isOrigin),
  "must list origins such as https://app.example.com, separated by commas",
);

const longSecret = (value: string) => secretFault(value) === undefined && value.length >= 32;

const flag = z.enum(["true", "false"], "must be true or false").default("false")
  .transform((value) => value === "true");

const positive = (fallback: number) =>
  text.regex(/^[1-9]\d{0,8}$/, "must be a positive whole number").transform(Number)
    .default(fallback);

const jwk = z.looseObject({ kty: z.string() });

/** The platform's `{"keys": []}` or a bare array; empty text and `null` count as absent. */
const jwks = z.string().optional().transform((value, ctx) => {
  if (value === undefined || value.trim() === "") return undefined;
  const parsed = z.union([z.object({ keys: z.array(jwk) }), z.array(jwk), z.null()])
    .safeParse(parseOrUndefined(value));
  if (!parsed.success) {
    ctx.addIssue("must be a JSON Web Key Set");
    return z.NEVER;
  }
  if (parsed.data === null) return undefined;
  return Array.isArray(parsed.data) ? { keys: parsed.data } : parsed.data;
});

function parseOrUndefined(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const masterKeys = text.transform((value, ctx) => {
  const { masters, problems } = parseMasterKeys(value);
  for (const problem of problems) ctx.addIssue(problem);
  return masters;
});

const internalSecrets = text.transform(list).refine(
  (values) => (values.length === 1 || values.length === 2) && values.every(longSecret),
  "must be one secret of at least 32 characters, or two while one is being replaced",
).transform((values) => values.map((value) => new Secret(value)));

/** `origin=base` pairs: where requests for a provider's origin really go. */
const providerOrigins = text.transform((value) => list(value).map((pair) => pair.split("=")))
  .refine(
    (pairs) =>
      pairs.every(([origin = "", base = "", ...rest]) =>
        rest.length === 0 && isOrigin(origin) && isPublicUrl(base)
      ),
    "must list origin=base pairs; a base is https, or http on loopback",
  ).transform((pairs) =>
    new Map(pairs.map(([origin = "", base = ""]) => [origin, withoutSlash(base)]))
  );

/** Every setting but the providers' credentials. The descriptions become `.env.example`. */
export const SETTINGS = z.object({
  SUPABASE_URL: serviceUrl.meta({ description: "Set by the platform" }),
  SUPABASE_DB_URL: databaseUrl.optional().meta({ description: "Set by the platform" }),
  SUPABASE_JWKS: jwks.meta({ description: "Set by the platform: keys that sign sessions" }),
  RAPHAEL_DATABASE_URL: databaseUrl.optional().meta({
    description: "Postgres, as the role of the functions; else SUPABASE_DB_URL",
    example: "postgres://raphael_app:password@db.example.com:5432/postgres",
  }),
  AUTH_ISSUER: serviceUrl.optional().meta({
    description: "Issuer of sessions; default ${SUPABASE_URL}/auth/v1",
  }),
  AUTH_ALLOW_HS256: flag.meta({
    description: "Accept sessions signed with the legacy shared secret",
    example: "false",
  }),
  AUTH_HS256_SECRET: text.refine(longSecret, "must be a secret of at least 32 characters")
    .transform((value) => new Secret(value)).optional().meta({
      description: "The legacy JWT secret; only together with AUTH_ALLOW_HS256=true",
    }),
  FUNCTIONS_URL: publicUrl.optional().meta({
    description: "Public base of the functions; default ${SUPABASE_URL}/functions/v1",
  }),
  APP_BASE_URL: publicUrl.optional().meta({
    description: "The app: where people come from and go back to; else APP_URL",
    example: "https://app.example.com",
  }),
  APP_URL: publicUrl.optional().meta({ description: "Older name of APP_BASE_URL" }),
  RETURN_TO_ORIGINS: origins.optional().meta({
    description: "Origins a person may be sent back to, exactly; default the app's",
  }),
  CORS_ORIGINS: origins.optional().meta({
    description: "Origins whose pages may call the API; default the app's",
  }),
  CONSENT: z.enum(["app", "explicit"], "must be app or explicit").default("app").meta({
    description: "Who asks for consent: the app, or a page of our own (explicit)",
    example: "app",
  }),
  ENCRYPTION_KEYS: masterKeys.meta({
    description: "Keys that seal tokens: kid:`openssl rand -base64 32`, separated by commas",
    example: "2026-01:",
  }),
  ENCRYPTION_ACTIVE_KEY: text.meta({
    description: "Id of the key that seals what is new",
    example: "2026-01",
  }),
  INTERNAL_SECRETS: internalSecrets.meta({
    description: "What pg_cron shows to the functions; two, new first, while one is being replaced",
  }),
  PROVIDER_ORIGINS: providerOrigins.default(new Map()).meta({
    description: "Sandbox only: https://api.provider.com=http://127.0.0.1:54330/provider",
  }),
  RATE_LIMIT_REQUESTS: positive(100).meta({
    description: "Requests of one person or address in a window",
    example: "100",
  }),
  RATE_LIMIT_WINDOW_SECONDS: positive(900).meta({
    description: "Length of that window",
    example: "900",
  }),
  WALL_CLOCK_SECONDS: positive(150).meta({
    description: "After how long the platform ends an isolate: 150 on its free plan, 400 on others",
    example: "150",
  }),
  ALLOW_PRIVILEGED_ROLE: flag.meta({
    description: "Start although the database role bypasses RLS: for the first deploy alone",
    example: "false",
  }),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"], "must be debug, info, warn or error")
    .default("info").meta({ description: "Least level that is logged", example: "info" }),
  RELEASE: text.default("dev").meta({ description: "What /health calls this version" }),
});

export type Settings = z.output<typeof SETTINGS>;
