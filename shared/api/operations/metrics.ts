import { z } from "zod";
import * as contracts from "../metrics.ts";
import * as answers from "../metrics_answers.ts";
import { alias, type Answer, type Operation } from "./operation.ts";

/** What is read, and how it is answered, by GET with a query. */
interface Read extends Pick<Operation, "id" | "path" | "summary" | "description" | "input"> {
  readonly input: z.ZodType;
  readonly answer: z.ZodType;
  /** Of the answer. */
  readonly gives: string;
}

const NOT_MODIFIED: Answer = {
  description: "The answer of that `ETag` still holds",
  headers: ["ETag"],
};

/** By GET with a query and by POST with the same as a JSON body, each at both of its addresses. */
function reads({ answer, gives, ...read }: Read): readonly Operation[] {
  const get: Operation = {
    ...read,
    method: "get",
    tag: "metrics",
    caller: "person",
    answers: {
      200: { description: gives, schema: answer, headers: ["ETag"] },
      304: NOT_MODIFIED,
    },
  };
  return bothAddresses(get).flatMap((one) => [
    one,
    {
      ...alias(one, { id: `${one.id}ByPost`, path: one.path, method: "post" }),
      answers: { 200: { description: gives, schema: answer } },
    },
  ]);
}

/** `/metrics/latest` is `/metrics/me/latest` too; the list is `/metrics/me/metrics`. */
function bothAddresses(operation: Operation): readonly Operation[] {
  const { id, path } = operation;
  const mine = path === "/metrics"
    ? "/metrics/me/metrics"
    : path.replace("/metrics/", "/metrics/me/");
  return [operation, alias(operation, { id: id.replace(/^[a-z]+/, "$&My"), path: mine })];
}

const describe: Operation = {
  id: "describeApi",
  method: "get",
  path: "/metrics/openapi.json",
  tag: "metrics",
  caller: "anyone",
  summary: "This document",
  answers: {
    200: { description: "OpenAPI 3.1", schema: z.looseObject({}), headers: ["ETag"] },
    304: NOT_MODIFIED,
  },
  problems: ["media_type_unsupported"],
};

const setPreferences: Operation = {
  id: "setPreferences",
  method: "put",
  path: "/metrics/preferences",
  tag: "metrics",
  caller: "person",
  summary: "Set the person's time zone and which source to believe",
  description: "What is absent stays, null is forgotten. Nothing of an order is stored with the " +
    "values: the next answer already follows it.",
  input: contracts.preferencesBody,
  answers: {
    200: { description: "What holds now", schema: answers.preferencesAnswer },
  },
};

export const METRICS: readonly Operation[] = [
  ...reads({
    id: "listMetrics",
    path: "/metrics",
    summary: "List values, newest first",
    description: "Of every source, `[since, until)`. Page by `meta.nextCursor`.",
    input: contracts.metricsQuery,
    answer: answers.metricsAnswer,
    gives: "A page of values",
  }),
  ...reads({
    id: "listLatestMetrics",
    path: "/metrics/latest",
    summary: "The newest value of each metric",
    input: contracts.latestQuery,
    answer: answers.latestAnswer,
    gives: "A value for each metric that has any",
  }),
  ...reads({
    id: "getLatestGlucose",
    path: "/metrics/glucose/latest",
    summary: "The newest sensor glucose, and the statistics of a period",
    input: contracts.glucoseQuery,
    answer: answers.glucoseAnswer,
    gives: "Readings with mean, SD, CV, GMI, time in range and sensor time",
  }),
  ...reads({
    id: "getLatestSleep",
    path: "/metrics/sleep/latest",
    summary: "The newest night, with its stages",
    input: contracts.sleepQuery,
    answer: answers.sleepAnswer,
    gives: "The sleeps of the newest day that has any, by its best source",
  }),
  ...reads({
    id: "listWorkouts",
    path: "/metrics/workouts",
    summary: "List workouts, newest first",
    description: "Those that start in `[since, until)`. Page by `meta.nextCursor`.",
    input: contracts.workoutsQuery,
    answer: answers.workoutsAnswer,
    gives: "A page of workouts",
  }),
  ...reads({
    id: "getDailySummary",
    path: "/metrics/summary/daily",
    summary: "One day of the person, each metric of its best source",
    input: contracts.summaryQuery,
    answer: answers.summaryAnswer,
    gives: "The day, with a receipt for each of its values",
  }),
  ...reads({
    id: "listDailySummaries",
    path: "/metrics/summary/days",
    summary: "Days of the person, each metric of its best source",
    input: contracts.summaryDaysQuery,
    answer: answers.summaryDaysAnswer,
    gives: "The days that have values, newest first",
  }),
  ...reads({
    id: "getSeries",
    path: "/metrics/series",
    summary: "Metrics over time, in columns",
    description: `At most ${contracts.MAX_POINTS} points.`,
    input: contracts.seriesQuery,
    answer: answers.seriesAnswer,
    gives: "A series for each metric, oldest point first",
  }),
  ...reads({
    id: "getCoverage",
    path: "/metrics/coverage",
    summary: "What there is of each metric, from which source, and how fresh it is",
    input: contracts.coverageQuery,
    answer: answers.coverageAnswer,
    gives: "A line for each metric and source",
  }),
  ...reads({
    id: "listAccesses",
    path: "/metrics/accesses",
    summary: "Who read the person's numbers, newest first",
    input: contracts.accessesQuery,
    answer: answers.accessesAnswer,
    gives: "A page of the audit log",
  }),
  ...reads({
    id: "getPreferences",
    path: "/metrics/preferences",
    summary: "The person's time zone and which source to believe",
    input: contracts.noQuery,
    answer: answers.preferencesAnswer,
    gives: "What holds now",
  }),
  ...bothAddresses(setPreferences),
  describe,
];
