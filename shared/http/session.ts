import type { MiddlewareHandler } from "hono";
import { ProblemError } from "../core/problems.ts";
import type { HttpEnv } from "./app.ts";
import type { Authenticate } from "./auth.ts";
import { createSpending, networkKey, type RateLimit } from "./rate_limit.ts";

/** What a function that people call needs of the runtime. */
export interface SessionRuntime {
  readonly authenticate: Authenticate;
  /** Absent: no limit. */
  readonly rateLimit?: RateLimit;
}

/**
 * Lets signed-in people through, each within a budget of their own; the others share the budget of the
 * network they come from, so that guessing tokens costs them and nobody else. With `account`, a person
 * who signed in anonymously is refused too: nobody could ever come back to what they linked. With
 * `countAhead` the read that follows takes its budget along (`budget` of the context).
 */
export function requireSession(
  runtime: SessionRuntime,
  options: { readonly account?: boolean; readonly countAhead?: boolean } = {},
): MiddlewareHandler<HttpEnv> {
  const { authenticate, rateLimit } = runtime;
  const spending = rateLimit && createSpending(rateLimit);
  return async (c, next) => {
    try {
      c.set("session", await authenticate(c.req.raw));
    } catch (error) {
      if (spending && error instanceof ProblemError && error.status === 401) {
        await spending.first(c, networkKey(c.req.raw.headers, rateLimit));
      }
      throw error;
    }
    const { userId, anonymous } = c.get("session");
    const key = `user:${userId}`;
    if (spending && !options.countAhead) await spending.first(c, key);
    if (options.account && anonymous) {
      throw new ProblemError("anonymous_user", "Cannot answer: signed in without an account");
    }
    await (spending && options.countAhead ? spending.ahead(c, key, next) : next());
  };
}
