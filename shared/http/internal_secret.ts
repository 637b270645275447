import type { MiddlewareHandler } from "hono";
import { constantTimeEqual } from "../core/crypto.ts";
import { ProblemError } from "../core/problems.ts";
import type { Secret } from "../core/secret.ts";
import type { HttpEnv } from "./app.ts";

/** What a function that the database's scheduler calls needs of the runtime. */
export interface InternalRuntime {
  /** Active secrets, two while one is being replaced; none means that nobody gets in. */
  readonly internalSecrets: readonly Secret[];
}

/**
 * Whether the caller holds an internal secret, in `x-raphael-secret` or as a bearer token. It is a key
 * of its own: the project's service key opens far more and stays out of the scheduler.
 */
export function isInternal(headers: Headers, secrets: readonly Secret[]): boolean {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  const given = headers.get("x-raphael-secret") ?? bearer ?? "";
  let known = false;
  for (const secret of secrets) {
    const value = secret.reveal();
    // All of them, always: the time tells nothing about which one fits.
    if (value !== "" && constantTimeEqual(given, value)) known = true;
  }
  return known;
}

export function requireInternal(runtime: InternalRuntime): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    if (!isInternal(c.req.raw.headers, runtime.internalSecrets)) {
      throw new ProblemError("caller_unknown", "Cannot answer: caller unknown");
    }
    await next();
  };
}
