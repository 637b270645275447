import type { MiddlewareHandler } from "hono";

/** On every answer, errors included. We serve data and redirects, never a page. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=63072000; includeSubDomains",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    // What an answer says of its own keeping holds.
    if (name !== "cache-control" || !c.res.headers.has(name)) c.res.headers.set(name, value);
  }
};
