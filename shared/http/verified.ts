import { sha256Hex } from "../core/crypto.ts";

/**
 * How long a signature that held is not checked again: a page asks several questions with one token, and
 * an ES256 signature takes 0.7 ms (Deno 2.9.6; 0.2 on 2.1.4). As long as keys are kept (jwks.ts): one that
 * its issuer withdrew is refused within ten minutes, as where the issuer is out of reach.
 */
const TRUST_MS = 5 * 60_000;
/** Tokens remembered by an isolate, 0.5 kB each. */
const TOKENS = 1_000;

/**
 * `verify`, remembering what it gave for a token (by its hash, never the token), for five minutes. What it
 * refuses is not remembered: a flood of forged tokens takes nobody's place. What it gives is shared
 * between requests, and may say nothing that passes with time: expiry is the caller's.
 */
export function rememberVerified<T>(
  verify: (token: string) => Promise<T>,
  now: () => Date,
): (token: string) => Promise<T> {
  const known = new Map<string, { readonly verified: T; readonly until: number }>();
  return async (token) => {
    const hash = sha256Hex(token);
    const at = now().getTime();
    const remembered = known.get(hash);
    if (remembered && at < remembered.until) return remembered.verified;
    known.delete(hash);
    const verified = await verify(token);
    // The oldest stands first: all are kept equally long.
    for (const [oldest] of known) {
      if (known.size < TOKENS) break;
      known.delete(oldest);
    }
    known.set(hash, { verified, until: at + TRUST_MS });
    return verified;
  };
}
