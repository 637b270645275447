import type { MiddlewareHandler } from "hono";
import { ProblemError } from "../core/problems.ts";
import type { HttpEnv } from "./app.ts";
import type { Authenticate } from "./auth.ts";
import { networkKey, type RateLimit, spend } from "./rate_limit.ts";

/** What a function that people call needs of the runtime. */
export interface SessionRuntime {
  readonly authenticate: Authenticate;
  /** Absent: no limit. */
  readonly rateLimit?: RateLimit;
}

/**
 * Lets signed-in people through, each within a budget of their own; the others share the budget of the
 * network they come from, so that guessing tokens costs them and nobody else. With `account`, a person
 * who signed in anonymously is refused too: nobody could ever come back to what they linked.
 */
export function requireSession(
  runtime: SessionRuntime,
  options: { readonly account?: boolean } = {},
): MiddlewareHandler<HttpEnv> {
  const { authenticate, rateLimit } = runtime;
  return async (c, next) => {
    try {
      c.set("session", await authenticate(c.req.raw));
    } catch (error) {
      if (rateLimit && error instanceof ProblemError && error.status === 401) {
        await spend(c, rateLimit, networkKey(c.req.raw.headers, rateLimit));
      }
      throw error;
    }
    if (rateLimit) await spend(c, rateLimit, `user:${c.get("session").userId}`);
    if (options.account && c.get("session").anonymous) {
      throw new ProblemError("anonymous_user", "Cannot answer: signed in without an account");
    }
    await next();
  };
}
