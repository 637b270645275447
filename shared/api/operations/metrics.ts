import { z } from "zod";
import { latestQuery, metricsQuery } from "../metrics.ts";
import { latestMetrics, metricPage } from "../metrics_answers.ts";
import { alias, type Answer, type Operation } from "./operation.ts";

const ours = { tag: "metrics", caller: "person", method: "get" } as const;

const NOT_MODIFIED: Answer = {
  description: "The answer of that `ETag` still holds",
  headers: ["ETag"],
};

const list: Operation = {
  ...ours,
  id: "listMetrics",
  path: "/metrics",
  summary: "List values, newest first",
  description: "Page by `meta.nextCursor`, which is null at the end.",
  input: metricsQuery,
  answers: {
    200: { description: "A page of values", schema: metricPage, headers: ["ETag"] },
    304: NOT_MODIFIED,
  },
};

const latest: Operation = {
  ...ours,
  id: "listLatestMetrics",
  path: "/metrics/latest",
  summary: "The newest value of each metric",
  input: latestQuery,
  answers: {
    200: { description: "A value for each metric that has any", schema: latestMetrics, headers: ["ETag"] },
    304: NOT_MODIFIED,
  },
};

const describe: Operation = {
  ...ours,
  id: "describeApi",
  path: "/metrics/openapi.json",
  caller: "anyone",
  summary: "This document",
  answers: {
    200: { description: "OpenAPI 3.1", schema: z.looseObject({}), headers: ["ETag"] },
    304: NOT_MODIFIED,
  },
};

/** Each read by GET with a query, and by POST with the same as a JSON body. */
function reads(read: Operation, ...aliases: readonly Pick<Operation, "id" | "path">[]) {
  const byPost = (one: Operation): Operation => {
    const { 304: _, ...answers } = one.answers;
    return { ...alias(one, { id: `${one.id}ByPost`, path: one.path, method: "post" }), answers };
  };
  return [read, ...aliases.map((other) => alias(read, other))].flatMap((one) => [one, byPost(one)]);
}

export const METRICS: readonly Operation[] = [
  ...reads(list, { id: "listMyMetrics", path: "/metrics/me/metrics" }),
  ...reads(latest),
  describe,
];
