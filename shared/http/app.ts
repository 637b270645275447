import { Hono, type MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { BudgetAhead } from "../core/budget.ts";
import { toResponse } from "./answer.ts";
import type { Session } from "./auth.ts";
import { cors } from "./cors.ts";
import { health } from "./health.ts";
import type { Log } from "./log.ts";
import { requireMediaType } from "./media_type.ts";
import { observe } from "./observe.ts";
import { missingAnswer, problemAnswer } from "./problem_json.ts";
import { securityHeaders } from "./security_headers.ts";

/** What every function needs of the runtime. */
export interface HttpRuntime {
  readonly log: Log;
  /** The release tag. */
  readonly version: string;
  /** Origins of the app's pages, each as a browser writes it: scheme, host, port, no slash. */
  readonly corsOrigins: readonly string[];
}

export interface HttpEnv {
  Variables: { requestId: string; session: Session; budget?: BudgetAhead };
}

export interface HttpOptions {
  /**
   * Methods that the app's pages may use; bodies are JSON then. Absent: the callers are machines, there
   * is no CORS header at all, and the route decides about bodies.
   */
  readonly browsers?: readonly Method[];
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
type Method = (typeof METHODS)[number];

/**
 * The base of each function at `/<slug>`: request id, log line, security headers, CORS, one shape for
 * every error, and `GET /<slug>/health`.
 */
export function createHttpApp(slug: string, runtime: HttpRuntime, options: HttpOptions = {}) {
  const root = new Hono<HttpEnv>({ strict: false });
  root.onError((error, c) => {
    const response = toResponse(problemAnswer(error, c.get("requestId")));
    // Through the context, which adds the rate limit's headers.
    return c.newResponse(response.body, response);
  });
  root.notFound((c) => {
    const methods = METHODS.filter((method) => isRoute(root, method, c.req.path));
    return toResponse(missingAnswer(methods, c.get("requestId")));
  });
  root.use("*", observed(slug, runtime.log), securityHeaders);
  if (options.browsers) {
    root.use("*", cors(runtime.corsOrigins, options.browsers), jsonOnly);
  }
  const app = root.basePath(`/${slug}`);
  app.get("/health", () => toResponse(health(runtime.version)));
  return app;
}

function observed(slug: string, log: Log): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const { requestId, answered } = observe(slug, log, c.req.raw.headers);
    c.set("requestId", requestId);
    await next();
    c.res.headers.set("x-request-id", requestId);
    answered({
      method: c.req.raw.method,
      route: matchedRoutes(c).findLast((route) => route.method !== "ALL")?.path ?? "none",
      status: c.res.status,
      error: c.error,
    });
  };
}

/** Before sign-in: a page elsewhere learns nothing, and a form post never gets far. */
const jsonOnly: MiddlewareHandler = async (c, next) => {
  if (c.req.raw.headers.has("content-type")) requireMediaType(c.req.raw.headers);
  await next();
};

function isRoute(app: Hono<HttpEnv>, method: Method, path: string): boolean {
  return app.router.match(method, path)[0].some(([[, route]]) => route.method !== "ALL");
}
