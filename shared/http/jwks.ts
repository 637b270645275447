import {
  type CompactVerifyGetKey,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWK,
} from "jose";
import { ProblemError } from "../core/problems.ts";

/** The public key that signed a token with this header; throws `JWKSNoMatchingKey` where there is none. */
export type FindKey = CompactVerifyGetKey;

export interface JwksOptions {
  readonly fetch?: typeof fetch;
  readonly now?: () => Date;
}

/** Keys older than this are asked for again; a key withdrawn by the issuer is refused after it. */
const REFRESH_MS = 5 * 60_000;
/** How long keys are believed while the issuer cannot be reached. */
const MAX_AGE_MS = 10 * 60_000;
/** Between two fetches for a key id we do not know: a flood of random ids costs one fetch. */
const COOLDOWN_MS = 30_000;

/** Keys from the configuration: never fetched. */
export function fixedKeys(jwks: JSONWebKeySet): FindKey {
  return createLocalJWKSet({ keys: jwks.keys.filter(isSigningKey) });
}

/**
 * Keys from the issuer's URL, kept for minutes. jose's own remote set starts a fetch for each unknown
 * key id while the issuer is down, and stops believing its keys at once when they are due.
 * Throws `unavailable` where no key can be had, never lets a token pass without one.
 */
export function remoteKeys(url: URL, options: JwksOptions = {}): FindKey {
  const now = options.now ?? (() => new Date());
  let current: { readonly find: FindKey; readonly fetchedAt: number } | undefined;
  let triedAt = -Infinity;
  let reachable = true;
  let pending: Promise<void> | undefined;

  function load(): Promise<void> {
    triedAt = now().getTime();
    pending ??= fetchKeys(url, options.fetch ?? fetch).then(
      (jwks) => {
        current = { find: fixedKeys(jwks), fetchedAt: now().getTime() };
        reachable = true;
      },
      () => {
        reachable = false;
      },
    ).finally(() => {
      pending = undefined;
    });
    return pending;
  }

  const cooling = () => now().getTime() - triedAt < COOLDOWN_MS;
  const age = () => now().getTime() - (current?.fetchedAt ?? -Infinity);

  return async (header, token) => {
    if (!current || (age() > REFRESH_MS && !cooling())) await load();
    if (!current || age() > MAX_AGE_MS) throw unavailable();
    try {
      return await current.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (!cooling()) await load();
      // A key that was made while the issuer is out of reach cannot be told from a forged id.
      if (!reachable) throw unavailable();
      return await current.find(header, token);
    }
  };
}

async function fetchKeys(url: URL, get: typeof fetch): Promise<JSONWebKeySet> {
  const response = await get(url, {
    headers: { accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`Cannot fetch keys: status ${response.status}`);
  }
  const jwks: unknown = await response.json();
  if (!isKeySet(jwks)) throw new Error("Cannot fetch keys: not a key set");
  return jwks;
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return typeof value === "object" && value !== null && "keys" in value &&
    Array.isArray(value.keys) &&
    value.keys.every((key) => typeof key === "object" && key !== null && "kty" in key);
}

/** Public keys for signatures: a shared secret or an encryption key in the set verifies nothing. */
function isSigningKey(key: JWK): boolean {
  return (key.kty === "EC" || key.kty === "RSA") &&
    (key.use === undefined || key.use === "sig") &&
    (key.key_ops === undefined || key.key_ops.includes("verify")) &&
    key.d === undefined;
}

function unavailable(): ProblemError {
  return new ProblemError("unavailable", "Cannot verify the session: keys out of reach", 5);
}
