import { readProviderId } from "@shared/api/provider_ids.ts";
import { ProblemError } from "@shared/core/problems.ts";
import { createHttpApp, type HttpEnv, type HttpRuntime } from "@shared/http/app.ts";
import type { MiddlewareHandler } from "hono";

/** Takes what the provider sent back with the person and says where they go now. */
export interface OAuthCallbackPort {
  receive(ask: {
    readonly provider: string;
    readonly query: URLSearchParams;
  }): Promise<{ readonly location: string }>;
}

export interface OAuthCallbackRuntime extends HttpRuntime {
  readonly oauthCallback: OAuthCallbackPort;
}

/** Always a redirect, never a page: the platform serves no HTML, and there is nothing to inject into. */
export function createApp(runtime: OAuthCallbackRuntime) {
  const app = createHttpApp("oauth-callback", runtime);
  app.get("/:provider", followedByAPerson, async (c) => {
    const provider = readProviderId(c.req.param("provider"));
    const query = new URL(c.req.url).searchParams;
    const { location } = await runtime.oauthCallback.receive({ provider, query });
    return c.redirect(location, 302);
  });
  return app;
}

/**
 * A state is good once, so a browser that looks ahead must not use it up. An error is never kept for the
 * real visit, whereas a prefetched 204 would be shown as a page that does not change.
 */
const followedByAPerson: MiddlewareHandler<HttpEnv> = async (c, next) => {
  const purpose = c.req.header("sec-purpose") ?? c.req.header("purpose") ?? "";
  if (c.req.raw.method !== "GET" || purpose.toLowerCase().includes("prefetch")) {
    c.header("allow", "GET");
    throw new ProblemError("method_not_allowed", "Cannot use the method here: visit by GET");
  }
  await next();
};
