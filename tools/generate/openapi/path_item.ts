import {
  type Answer,
  type Caller,
  type Operation,
  problemsOf,
} from "@shared/api/operations/operation.ts";
import { type ProblemName, PROBLEMS } from "@shared/core/problems.ts";
import type { z } from "zod";
import { headers, problemRef, ref } from "./components.ts";
import type { Node, Schemas } from "./schemas.ts";

/** One operation as OpenAPI writes it. */
export function operationObject(operation: Operation, schemas: Schemas): Node {
  const { id, tag, summary, caller, method, input, answers, aliasOf } = operation;
  const parameters = [
    ...[...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ref("parameters", name)),
    ...(input && method === "get" ? query(input, schemas) : []),
    ...(answers[304] ? [ref("parameters", "IfNoneMatch")] : []),
  ];
  return {
    operationId: id,
    tags: [aliasOf ? "aliases" : tag],
    summary: aliasOf ? `${summary}, as ${aliasOf}` : summary,
    ...(operation.description ? { description: operation.description } : {}),
    security: SECURITY_OF[caller],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(input && method !== "get" ? { requestBody: body(operation, input, schemas) } : {}),
    ...(caller === "provider" && method === "post" ? { requestBody: ANYTHING } : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, one]) => [status, response(one, schemas)]),
      ),
      ...problems(operation),
    },
  };
}

const SECURITY_OF: Readonly<Record<Caller, readonly Node[]>> = {
  anyone: [],
  provider: [],
  person: [{ session: [] }],
  account: [{ session: [] }],
  scheduler: [{ internalSecret: [] }],
  person_or_scheduler: [{ session: [] }, { internalSecret: [] }],
};

/** Of a provider's own form. */
const ANYTHING: Node = {
  required: true,
  content: {
    "application/json": { schema: {} },
    "application/x-www-form-urlencoded": { schema: {} },
  },
};

function query(input: z.ZodType, schemas: Schemas): readonly Node[] {
  return schemas.members(input).map(({ name, schema: member, isRequired }) => {
    const { description, ...schema } = written(member);
    return {
      name,
      in: "query",
      ...(isRequired ? { required: true } : {}),
      ...(description ? { description } : {}),
      schema,
      // `types=a,b`, as the query is read.
      ...(schema["type"] === "array" ? { style: "form", explode: false } : {}),
    };
  });
}

/** A query writes everything as text, so that what a schema also takes as text need not be said. */
function written(member: Node): Node {
  const { anyOf, ...rest } = member;
  if (!Array.isArray(anyOf)) return member;
  const other = anyOf.find((one: Node) => one["type"] !== "string");
  return other ? { ...other, ...rest } : member;
}

/** No body counts as an empty object, which some inputs take. */
function body({ id, aliasOf = id }: Operation, input: z.ZodType, schemas: Schemas): Node {
  const name = `${aliasOf.charAt(0).toUpperCase()}${aliasOf.slice(1)}Input`;
  return {
    required: !input.safeParse({}).success,
    content: { "application/json": { schema: schemas.input(input, name) } },
  };
}

function response({ description, schema, headers: names = [] }: Answer, schemas: Schemas): Node {
  return {
    description,
    ...(names.length > 0 ? { headers: headers(names) } : {}),
    ...(schema ? { content: { "application/json": { schema: schemas.answer(schema) } } } : {}),
  };
}

function problems(operation: Operation): Node {
  const byStatus = Map.groupBy(problemsOf(operation), (name) => PROBLEMS[name][0]);
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [status, problem(operation, status, names)]),
  );
}

function problem({ caller }: Operation, status: number, names: readonly ProblemName[]): Node {
  const isHidden = caller === "provider" && (status === 401 || status === 404);
  return isHidden ? ref("responses", "Refusal") : problemRef(status, names);
}
