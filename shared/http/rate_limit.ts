import type { Context } from "hono";
import { toBase64Url } from "../core/bytes.ts";
import { hmac } from "../core/crypto.ts";
import { ProblemError } from "../core/problems.ts";
import type { Secret } from "../core/secret.ts";
import { clientNetwork } from "./client_ip.ts";

/** Counts in one place for all isolates; throws where it cannot count, and the request fails with it. */
export interface RateLimiter {
  take(key: string, limit: number, windowSeconds: number): Promise<{
    readonly allowed: boolean;
    readonly remaining: number;
    readonly resetSeconds: number;
  }>;
}

export interface RateLimit {
  readonly limiter: RateLimiter;
  readonly limit: number;
  readonly windowSeconds: number;
  /** Proxies in front of us that append to `x-forwarded-for`. */
  readonly trustedHops: number;
  /** Keys the addresses: an IP address is personal data and is not stored. */
  readonly addressSecret: Secret;
}

/** Takes one from the budget of `key` and tells the caller what is left. Throws `rate_limited`. */
export async function spend(c: Context, settings: RateLimit, key: string): Promise<void> {
  const { limiter, limit, windowSeconds } = settings;
  const { allowed, remaining, resetSeconds } = await limiter.take(key, limit, windowSeconds);
  const reset = Math.max(1, Math.ceil(resetSeconds));
  c.header("ratelimit-limit", String(limit));
  c.header("ratelimit-remaining", String(Math.max(0, remaining)));
  c.header("ratelimit-reset", String(reset));
  if (!allowed) {
    throw new ProblemError("rate_limited", "Cannot answer: rate limit exceeded", reset);
  }
}

/** The budget of callers without a session: their network, under a key that changes daily. */
export function networkKey(headers: Headers, settings: RateLimit, now = new Date()): string {
  const network = clientNetwork(headers, settings.trustedHops);
  const day = now.toISOString().slice(0, 10);
  return `net:${
    toBase64Url(hmac("SHA-256", settings.addressSecret.reveal(), `${day} ${network}`))
  }`;
}
