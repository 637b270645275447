import type { Context } from "hono";
import type { Budget, Taken } from "../core/budget.ts";
import { toBase64Url } from "../core/bytes.ts";
import { hmac } from "../core/crypto.ts";
import { ProblemError } from "../core/problems.ts";
import type { Secret } from "../core/secret.ts";
import type { HttpEnv } from "./app.ts";
import { clientNetwork } from "./client_ip.ts";

/** Counts in one place for all isolates; throws where it cannot count, and the request fails with it. */
export interface RateLimiter {
  take(budget: Budget): Promise<Taken>;
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

/** People of whom an isolate knows that they were refused, 0.1 kB each; then it forgets them all. */
const REFUSED = 1_000;

/** Takes requests out of budgets and tells the callers what is left. Throws `rate_limited`. */
export function createSpending({ limiter, limit, windowSeconds }: RateLimit) {
  /** Who was read for in vain, and until when that tells anything, in milliseconds since 1970. */
  const refused = new Map<string, number>();

  function tell(c: Context, { allowed, remaining, resetSeconds }: Taken): void {
    const reset = Math.max(1, Math.ceil(resetSeconds));
    c.header("ratelimit-limit", String(limit));
    c.header("ratelimit-remaining", String(Math.max(0, remaining)));
    c.header("ratelimit-reset", String(reset));
    if (!allowed) {
      throw new ProblemError("rate_limited", "Cannot answer: rate limit exceeded", reset);
    }
  }

  /** Before anything is done. */
  async function first(c: Context, key: string): Promise<void> {
    tell(c, await limiter.take({ key, limit, windowSeconds }));
  }

  return {
    first,
    /**
     * Lets the read that follows count on its way: one round trip to the database in place of two. Who is
     * refused was read for in vain, once: until their budget begins anew they are counted first.
     */
    async ahead(c: Context<HttpEnv>, key: string, next: () => Promise<void>): Promise<void> {
      if (Date.now() < (refused.get(key) ?? 0)) {
        await first(c, key);
        return await next();
      }
      let isTold = false;
      c.set("budget", {
        key,
        limit,
        windowSeconds,
        told(taken) {
          isTold = true;
          if (!taken.allowed) {
            if (refused.size >= REFUSED) refused.clear();
            refused.set(key, Date.now() + taken.resetSeconds * 1_000);
          }
          tell(c, taken);
        },
      });
      await next();
      // Nothing was read: a bad request is a request too.
      if (!isTold && c.res.status < 500) await first(c, key);
    },
  };
}

/** The budget of callers without a session: their network, under a key that changes daily. */
export function networkKey(headers: Headers, settings: RateLimit, now = new Date()): string {
  const network = clientNetwork(headers, settings.trustedHops);
  const day = now.toISOString().slice(0, 10);
  return `net:${
    toBase64Url(hmac("SHA-256", settings.addressSecret.reveal(), `${day} ${network}`))
  }`;
}
