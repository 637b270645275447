import { problem, refusal } from "@shared/api/common_answers.ts";
import { PROVIDER_ID } from "@shared/api/provider_ids.ts";
import { type ProblemName, PROBLEMS, problemTitle, problemType } from "@shared/core/problems.ts";
import { z } from "zod";
import type { Node, Schemas } from "./schemas.ts";

const text = (description: string, example: string): Node => ({
  description,
  schema: { type: "string", examples: [example] },
});
const whole = (description: string, example: number): Node => ({
  description,
  schema: { type: "integer", minimum: 0, examples: [example] },
});

/** Headers of answers, by the names that operations call them. */
export const HEADERS = {
  "RateLimit-Limit": whole("Requests in a window, of one person or network", 100),
  "RateLimit-Remaining": whole("Those that are left", 99),
  "RateLimit-Reset": whole("Seconds until the window ends", 900),
  "Retry-After": whole("Seconds to wait", 60),
  "WWW-Authenticate": text("How to authenticate", "Bearer"),
  "Allow": text("Methods that there are", "GET"),
  "ETag": text("Of this answer: send it as `If-None-Match`", '"Zm9v"'),
  "Location": text("Where the person goes", "https://app.example.com/?provider=oura"),
} as const satisfies Readonly<Record<string, Node>>;

export function headers(names: readonly string[]): Node {
  return Object.fromEntries(names.map((name) => [name, ref("headers", name)]));
}

/** Parts of addresses, and the one header of requests. */
export const PARAMETERS = {
  provider: {
    name: "provider",
    in: "path",
    required: true,
    description: "The provider's slug, or an id of the app's tiles",
    schema: { type: "string", pattern: PROVIDER_ID.source, examples: ["oura"] },
  },
  secret: {
    name: "secret",
    in: "path",
    required: true,
    description: "The webhook's secret, where deliveries prove themselves by the address",
    schema: { type: "string" },
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    description: "The `ETag` of an earlier answer",
    schema: { type: "string" },
  },
} as const satisfies Readonly<Record<string, Node>>;

export const SECURITY: Readonly<Record<string, Node>> = {
  session: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "The person's access token of Supabase Auth; the project's keys are no session",
  },
  internalSecret: {
    type: "apiKey",
    in: "header",
    name: "x-raphael-secret",
    description: "One of INTERNAL_SECRETS, known to the scheduler alone",
  },
};

export function ref(kind: string, name: string): Node {
  return { $ref: `#/components/${kind}/${name}` };
}

/** The shared answer of a status; `names` are those that its reader can meet. */
export function problemRef(status: number, names: readonly ProblemName[]): Node {
  return { ...ref("responses", `Problem${status}`), description: listed(names) };
}

const STATUS_HEADERS: Readonly<Record<number, readonly string[]>> = {
  401: ["WWW-Authenticate"],
  405: ["Allow"],
  429: ["Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"],
  503: ["Retry-After"],
};

/** One answer for each status that a problem has, and that of `webhooks` to strangers. */
export function responses(schemas: Schemas): Readonly<Record<string, Node>> {
  const answer = (body: z.ZodType, description: string, names: readonly string[] = []) => ({
    description,
    ...(names.length > 0 ? { headers: headers(names) } : {}),
    content: { "application/problem+json": { schema: schemas.answer(body) } },
  });
  const problems = [...byStatus()].map(([status, names]) => [
    `Problem${status}`,
    answer(problemOf(status, names), listed(names), STATUS_HEADERS[status]),
  ]);
  return {
    ...Object.fromEntries(problems),
    Refusal: answer(refusal, "Not signed as it should be, or no such address"),
  };
}

function byStatus(): ReadonlyMap<number, readonly ProblemName[]> {
  // SAFETY: the keys of an object literal that nobody extends.
  return Map.groupBy(Object.keys(PROBLEMS) as ProblemName[], (name) => PROBLEMS[name][0]);
}

/** The body of one status: what can stand in it, and nothing else. */
function problemOf(status: number, names: readonly ProblemName[]): z.ZodType {
  const { type, title, code, hint } = problem.shape;
  const oneOf = (field: z.ZodType, values: readonly string[]) =>
    z.enum([...new Set(values)]).meta(field.meta() ?? {});
  return problem.extend({
    type: oneOf(type, names.map(problemType)),
    title: oneOf(title, names.map(problemTitle)),
    status: z.literal(status),
    code: oneOf(code, names.map((name) => PROBLEMS[name][1])),
    hint: oneOf(hint, names.map((name) => PROBLEMS[name][2])),
  }).meta({ ...problem.meta(), id: `Problem${status}` });
}

function listed(names: readonly ProblemName[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
