import type { MiddlewareHandler } from "hono";

/** What supabase-js sends, and nothing more. */
const REQUEST_HEADERS =
  "authorization, x-client-info, apikey, content-type, x-supabase-api-version, x-region";

/** What a page may read beside the body. */
const RESPONSE_HEADERS =
  "etag, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id";

/**
 * CORS for the listed origins, compared whole. The function answers the preflight itself, before any
 * sign-in: the platform's gateway does not. Credentials are never allowed: a session is a bearer token.
 */
export function cors(origins: readonly string[], methods: readonly string[]): MiddlewareHandler {
  const allowed = new Set(origins);
  return async (c, next) => {
    const origin = c.req.header("origin");
    const known = origin !== undefined && allowed.has(origin);
    if (c.req.method === "OPTIONS") {
      c.res = new Response(null, { status: 204 });
      if (known) {
        c.res.headers.set("access-control-allow-methods", methods.join(", "));
        c.res.headers.set("access-control-allow-headers", REQUEST_HEADERS);
        c.res.headers.set("access-control-max-age", "600");
      }
    } else {
      await next();
      if (known) c.res.headers.set("access-control-expose-headers", RESPONSE_HEADERS);
    }
    if (known) c.res.headers.set("access-control-allow-origin", origin);
    c.res.headers.append("vary", "Origin");
  };
}
