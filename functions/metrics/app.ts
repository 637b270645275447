import {
  accessesQuery,
  coverageQuery,
  glucoseQuery,
  latestQuery,
  MAX_POINTS,
  type MetricSelection,
  metricsQuery,
  noQuery,
  preferencesBody,
  presentDay,
  presentLatest,
  presentMetrics,
  seriesQuery,
  sleepQuery,
  spanOf,
  summaryDaysQuery,
  summaryQuery,
  told,
  toldPage,
  workoutsQuery,
} from "@shared/api/metrics.ts";
import { OPENAPI_DOCUMENT } from "@shared/api/openapi_document.ts";
import { ProblemError } from "@shared/core/problems.ts";
import { addDays } from "@shared/core/time.ts";
import { createHttpApp, type HttpEnv, type HttpRuntime } from "@shared/http/app.ts";
import { conditionalJson, publicJson } from "@shared/http/conditional.ts";
import { type Given, given, readJson, readQuery } from "@shared/http/input.ts";
import { requireSession, type SessionRuntime } from "@shared/http/session.ts";
import type { Context } from "hono";
import type { z } from "zod";
import type { Ask, MetricsPort, Who } from "./port.ts";

export interface MetricsRuntime extends HttpRuntime, SessionRuntime {
  readonly metrics: MetricsPort;
}

/** GET with a query, or POST with the same as a JSON body: what `functions.invoke` sends unless told. */
export function createApp(runtime: MetricsRuntime) {
  const port = runtime.metrics;
  const app = createHttpApp("metrics", runtime, { browsers: ["GET", "POST", "PUT"] });
  const signedIn = requireSession(runtime);
  const reader = requireSession(runtime, { countAhead: true });

  /** Answers by GET and by POST alike, at both addresses. */
  function reads<S extends z.ZodType>(
    path: string,
    schema: S,
    read: (ask: Ask<S>, query: z.output<S>) => Promise<object>,
  ) {
    app.on(["GET", "POST"], bothOf(path), reader, async (c) => {
      const posted = c.req.method === "POST";
      const query = posted ? await readJson(c, schema) : readQuery(c, schema);
      const body = await read(askOf(c, query), query);
      return posted ? c.json(body) : conditionalJson(c, body);
    });
  }

  reads("/", metricsQuery, async (ask) => presentMetrics(await port.list(ask), ask.limit));
  reads("/latest", latestQuery, async (ask) => presentLatest((await port.latest(ask)).rows));
  reads("/glucose/latest", glucoseQuery, async (ask) => told(await port.glucose(ask)));
  reads("/sleep/latest", sleepQuery, async (ask) => told(await port.sleep(ask)));
  reads("/workouts", workoutsQuery, async (ask) => toldPage(await port.workouts(ask), ask.limit));
  reads("/summary/daily", summaryQuery, async ({ date, ...ask }) => {
    const span = date ? { since: date, until: addDays(date, 1) } : {};
    const { today, timeZone, days } = await port.summaries({ ...ask, ...span, days: 1 });
    const [day] = days;
    return { ...told(presentDay(date ?? today, day?.metrics ?? [])), meta: { timeZone } };
  });
  reads("/summary/days", summaryDaysQuery, async (ask) => {
    const { timeZone, days } = await port.summaries({ ...ask, days: 30 });
    const read = days.map(({ date, metrics }) => presentDay(date, metrics));
    return { ...told(read), meta: { timeZone } };
  });
  reads("/series", seriesQuery, async (ask, query) => {
    const span = spanOf(query, new Date());
    if (!span) throw new ProblemError("invalid_request", TOO_MANY_POINTS);
    return told(await port.series({ ...ask, ...query.types, ...span }));
  });
  reads("/coverage", coverageQuery, async (ask) => told(await port.coverage(ask)));
  reads("/accesses", accessesQuery, async (ask) => toldPage(await port.accesses(ask), ask.limit));

  reads("/preferences", noQuery, async (ask) => told(await port.preferences(ask)));
  app.on("PUT", bothOf("/preferences"), signedIn, async (c) => {
    const body = given(await readJson(c, preferencesBody));
    return c.json(told(await port.setPreferences({ ...whoOf(c), ...body })));
  });
  app.get("/openapi.json", (c) => publicJson(c, OPENAPI_DOCUMENT));
  return app;
}

const TOO_MANY_POINTS =
  `Cannot answer: over ${MAX_POINTS} points; ask for less time, fewer types or longer steps`;

/** Each has the address that the app's older pages call. */
function bothOf(path: string): string[] {
  return path === "/" ? ["/", "/me/metrics"] : [path, `/me${path}`];
}

function whoOf(c: Context<HttpEnv>): Who {
  const budget = c.get("budget");
  const { claims } = c.get("session");
  return { claims, requestId: c.get("requestId"), ...(budget ? { budget } : {}) };
}

function askOf<Q>(
  c: Context<HttpEnv>,
  query: Q,
): Who & Partial<MetricSelection> & Given<Omit<Q, "types">> {
  const { types, ...rest } = query as Q & { readonly types?: MetricSelection };
  return { ...whoOf(c), ...types, ...given(rest) };
}
