import { presentDue, presentRefresh, refreshBody } from "@shared/api/token_refresh.ts";
import { createHttpApp, type HttpRuntime } from "@shared/http/app.ts";
import { readJson } from "@shared/http/input.ts";
import { type InternalRuntime, isInternal } from "@shared/http/internal_secret.ts";
import { requireSession, type SessionRuntime } from "@shared/http/session.ts";

export interface TokenRefreshPort {
  /** Queues a refresh of every token that ends before the next tick. */
  enqueueDue(): Promise<{ readonly jobs: number }>;
  /** Queues the person's own; answers with the providers. */
  enqueueFor(ask: {
    readonly userId: string;
    readonly provider?: string;
  }): Promise<{ readonly queued: readonly string[] }>;
}

export interface TokenRefreshRuntime extends HttpRuntime, SessionRuntime, InternalRuntime {
  readonly tokenRefresh: TokenRefreshPort;
}

/** The scheduler, with the internal secret, refreshes what is due; a person refreshes their own. */
export function createApp(runtime: TokenRefreshRuntime) {
  const port = runtime.tokenRefresh;
  const app = createHttpApp("token-refresh", runtime, { browsers: ["POST"] });
  app.post(
    "/",
    async (c, next) => {
      if (!isInternal(c.req.raw.headers, runtime.internalSecrets)) return await next();
      const { jobs } = await port.enqueueDue();
      return c.json(presentDue(jobs));
    },
    requireSession(runtime),
    async (c) => {
      const { provider } = await readJson(c, refreshBody);
      const { userId } = c.get("session");
      const { queued } = await port.enqueueFor({ userId, ...(provider ? { provider } : {}) });
      return c.json(presentRefresh(queued));
    },
  );
  return app;
}
