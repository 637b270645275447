import type { MiddlewareHandler } from "hono";

const REFUSED = JSON.stringify({
  type: "about:blank",
  title: "Refused",
  success: false,
  error: "Cannot accept the request: refused",
});

/**
 * Makes each 401 and 404 the same, to the byte: a stranger cannot learn which providers, paths, secrets
 * or people there are. The request id in the header still finds the line in the log.
 */
export const uniformRefusal: MiddlewareHandler = async (c, next) => {
  await next();
  const { status } = c.res;
  if (status !== 401 && status !== 404) return;
  // Hono would carry the old answer's headers over into the new one.
  c.res = undefined;
  c.res = new Response(REFUSED, {
    status,
    headers: { "content-type": "application/problem+json; charset=utf-8" },
  });
};
