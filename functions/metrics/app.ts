import {
  latestQuery,
  type MetricRow,
  type MetricSelection,
  metricsQuery,
  presentLatest,
  presentMetrics,
} from "@shared/api/metrics.ts";
import { OPENAPI_DOCUMENT } from "@shared/api/openapi_document.ts";
import { createHttpApp, type HttpEnv, type HttpRuntime } from "@shared/http/app.ts";
import type { Claims } from "@shared/http/claims.ts";
import { conditionalJson, publicJson } from "@shared/http/conditional.ts";
import { readJson, readQuery } from "@shared/http/input.ts";
import { requireSession, type SessionRuntime } from "@shared/http/session.ts";
import type { Context } from "hono";
import type { z } from "zod";

/** Reads as the person: `claims` are what the database's row security judges by. */
export interface MetricsPort {
  list(
    ask: Partial<MetricSelection> & {
      readonly claims: Claims;
      readonly since?: Date;
      readonly until?: Date;
      readonly provider?: string;
      readonly limit: number;
      readonly cursor?: string;
    },
  ): Promise<{ readonly rows: readonly MetricRow[]; readonly nextCursor?: string }>;
  latest(
    ask: Partial<MetricSelection> & { readonly claims: Claims; readonly provider?: string },
  ): Promise<{ readonly rows: readonly MetricRow[] }>;
}

export interface MetricsRuntime extends HttpRuntime, SessionRuntime {
  readonly metrics: MetricsPort;
}

/** GET with a query, or POST with the same as a JSON body: what `functions.invoke` sends unless told. */
export function createApp(runtime: MetricsRuntime) {
  const app = createHttpApp("metrics", runtime, { browsers: ["GET", "POST"] });
  const signedIn = requireSession(runtime);

  app.on(["GET", "POST"], ["/", "/me/metrics"], signedIn, async (c) => {
    const { types, since, until, provider, limit, cursor } = await read(c, metricsQuery);
    const { rows, nextCursor } = await runtime.metrics.list({
      claims: c.get("session").claims,
      limit,
      ...types,
      ...(since ? { since } : {}),
      ...(until ? { until } : {}),
      ...(provider ? { provider } : {}),
      ...(cursor ? { cursor } : {}),
    });
    return answer(c, presentMetrics(rows, limit, nextCursor));
  });

  app.on(["GET", "POST"], "/latest", signedIn, async (c) => {
    const { types, provider } = await read(c, latestQuery);
    const { rows } = await runtime.metrics.latest({
      claims: c.get("session").claims,
      ...types,
      ...(provider ? { provider } : {}),
    });
    return answer(c, presentLatest(rows));
  });
  app.get("/openapi.json", (c) => publicJson(c, OPENAPI_DOCUMENT));
  return app;
}

async function read<T extends z.ZodType>(
  c: Context<HttpEnv>,
  schema: T,
): Promise<z.output<T>> {
  return c.req.method === "POST" ? await readJson(c, schema) : readQuery(c, schema);
}

function answer(c: Context<HttpEnv>, body: object): Response {
  return c.req.method === "POST" ? c.json(body) : conditionalJson(c, body);
}
