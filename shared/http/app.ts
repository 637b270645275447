import { type Context, Hono, type MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { ProblemError } from "../core/problems.ts";
import type { Session } from "./auth.ts";
import { cors } from "./cors.ts";
import { describeError, type Log } from "./log.ts";
import { requireMediaType } from "./media_type.ts";
import { renderProblem, toProblem } from "./problem_json.ts";
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
  Variables: { requestId: string; session: Session };
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
    const response = renderProblem(error, c.get("requestId"));
    // Through the context, which adds the rate limit's headers.
    return c.newResponse(response.body, response);
  });
  root.notFound((c) => refuse(c, METHODS.filter((method) => isRoute(root, method, c.req.path))));
  root.use("*", observe(slug, runtime.log), securityHeaders);
  if (options.browsers) {
    root.use("*", cors(runtime.corsOrigins, options.browsers), jsonOnly);
  }
  const app = root.basePath(`/${slug}`);
  app.get("/health", (c) =>
    c.json({
      status: "healthy",
      version: runtime.version,
      uptime: Math.floor(performance.now() / 1_000),
    }));
  return app;
}

/** Gives the request its id, and its one line in the log: the pattern of the path, never the path. */
function observe(slug: string, log: Log): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const started = performance.now();
    const requestId = acceptRequestId(c.req.header("x-request-id"));
    c.set("requestId", requestId);
    await next();
    c.res.headers.set("x-request-id", requestId);
    if (c.error && toProblem(c.error).problem === "internal") {
      log("error", "unexpected", { function: slug, requestId, ...describeError(c.error) });
    }
    log(c.res.status >= 500 ? "error" : "info", "request", {
      function: slug,
      method: c.req.raw.method,
      route: matchedRoutes(c).findLast((route) => route.method !== "ALL")?.path ?? "none",
      status: c.res.status,
      ms: Math.round(performance.now() - started),
      requestId,
    });
  };
}

/** A caller's id is kept only where it cannot forge a log line. */
function acceptRequestId(id: string | undefined): string {
  return id !== undefined && /^[A-Za-z0-9_-]{8,64}$/.test(id) ? id : crypto.randomUUID();
}

/** Before sign-in: a page elsewhere learns nothing, and a form post never gets far. */
const jsonOnly: MiddlewareHandler = async (c, next) => {
  if (c.req.raw.headers.has("content-type")) requireMediaType(c.req.raw.headers);
  await next();
};

function isRoute(app: Hono<HttpEnv>, method: Method, path: string): boolean {
  return app.router.match(method, path)[0].some(([[, route]]) => route.method !== "ALL");
}

function refuse(c: Context<HttpEnv>, allowed: readonly Method[]): Response {
  if (allowed.length === 0) {
    return renderProblem(
      new ProblemError("not_found", "Cannot find the address: no such route"),
      c.get("requestId"),
    );
  }
  const response = renderProblem(
    new ProblemError(
      "method_not_allowed",
      `Cannot use the method here: use ${allowed.join(" or ")}`,
    ),
    c.get("requestId"),
  );
  response.headers.set("allow", allowed.join(", "));
  return response;
}
