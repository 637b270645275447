import { fieldCoverage } from "./coverage.ts";
import { type Checker, checker, coerce, isElsewhere } from "./schema.ts";
import { isNode, type Node, type Operation, resolve, type Specification } from "./specification.ts";

/** A request that a driver sent, and what the sandbox answered. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  /** What was sent as a form, where something was. */
  readonly form?: URLSearchParams;
  /** What was sent as JSON, where something was. */
  readonly json?: unknown;
  readonly status: number;
  /** As text; empty where there was none. */
  readonly body: string;
}

export interface Verdict {
  /** Which operation, or which kind of event. */
  readonly name?: string;
  /** What the specification does not allow, each by a name that a deviation can quote. */
  readonly findings: readonly string[];
  /** Whether there was a schema to hold the body to. */
  readonly bodyChecked: boolean;
}

export interface ExchangeVerdict extends Verdict {
  /** Those of the answer alone. */
  readonly answerFindings: readonly string[];
}

export interface Rules {
  /** What the document's paths stand below. */
  readonly base: string;
  /** The parameters that it calls those of a query are sent as a form. */
  readonly isInForm: boolean;
  /** Schemas of the document that any answer would fit, and that none may be. */
  readonly untyped: readonly string[];
}

/** Holds what was said to `specification`, in both directions. */
export function validator(specification: Specification, { base, isInForm, untyped }: Rules) {
  const check = checker(specification.document, untyped);
  const coverage = fieldCoverage(specification.document, untyped);
  const speaksOfErrors = specification.operations.some(({ responses }) =>
    [...responses.keys()].some((status) => !status.startsWith("2"))
  );

  function exchange(said: Exchange): ExchangeVerdict {
    const path = said.url.href.slice(base.length).split("?")[0] ?? "";
    const query = isInForm && said.form ? said.form : said.url.searchParams;
    const found = find(specification, said.method, path, query.get("action"));
    const name = `${said.method} ${found?.operation.path ?? path}`;
    if (!found) {
      const findings = [`${name}: no such operation`];
      return { findings, answerFindings: findings, bodyChecked: false };
    }
    const { operation, values } = found;
    // What is refused need not have been a good request.
    const isRefused = said.status === 400 || said.status === 422;
    const findings = isRefused ? [] : [
      ...parameterFindings(operation, values, query, name, check),
      // Tokens are asked for by a body of their own, which the library has made.
      ...(operation.parameters.length > 0 || !isInForm ? undocumented(operation, query, name) : []),
      ...payloadFindings(operation, said, name, check),
    ];
    const { responses } = operation;
    const ofAnswer: string[] = [];
    const status = String(said.status);
    // A discovery document lists what is good, and never an error.
    const isSilent = !speaksOfErrors && said.status >= 400;
    const hasStatus = responses.has(status) || responses.has("default");
    if (!hasStatus && !isSilent) ofAnswer.push(`${name}: status ${status} is not documented`);
    const schema = hasStatus ? responses.get(status) ?? responses.get("default") : undefined;
    const bodyChecked = schema !== undefined && !isElsewhere(schema) && said.body !== "";
    if (bodyChecked) {
      const body: unknown = JSON.parse(said.body);
      ofAnswer.push(...check(schema, body, `${name}: ${status} body`));
      if (said.status < 300) coverage.note(schema, body);
    }
    const answerFindings = [...new Set(ofAnswer)];
    return {
      name,
      findings: [...new Set([...findings, ...answerFindings])],
      answerFindings,
      bodyChecked,
    };
  }

  /** What the publisher sent by itself: the event that names its `type`. */
  function event(body: unknown): Verdict {
    const type = isNode(body) ? String(body["type"] ?? body["event_type"]) : "";
    const name = `event ${type}`;
    const kind = specification.events.find((one) => namesOf(specification, one).includes(type));
    if (!kind) return { findings: [`${name}: not documented`], bodyChecked: false };
    return { name, findings: [...new Set(check(kind, body, `${name}: body`))], bodyChecked: true };
  }

  return { exchange, event, coverage };
}

function parameterFindings(
  { parameters }: Operation,
  values: ReadonlyMap<string, string>,
  query: URLSearchParams,
  name: string,
  check: Checker,
): readonly string[] {
  return parameters.filter((one) => one.in !== "header").flatMap((parameter) => {
    const { in: where, required, schema } = parameter;
    const value = where === "path" ? values.get(parameter.name) : query.get(parameter.name);
    const what = `${name}: ${where} ${parameter.name}`;
    if (value == null) return required ? [`${what} is missing`] : [];
    return check(schema, coerce(schema, value), what);
  });
}

function undocumented({ parameters }: Operation, query: URLSearchParams, name: string) {
  return [...query.keys()]
    .filter((key) => !parameters.some((one) => one.in === "query" && one.name === key))
    .map((key) => `${name}: query ${key} is not documented`);
}

function payloadFindings(
  { payload }: Operation,
  { json }: Exchange,
  name: string,
  check: Checker,
): readonly string[] {
  if (json === undefined) return payload?.required ? [`${name}: request body is missing`] : [];
  if (!payload) return [`${name}: request body is not documented`];
  return isElsewhere(payload.schema) ? [] : check(payload.schema, json, `${name}: request body`);
}

/** The values of an event's discriminator that mean this kind of it. */
function namesOf({ document }: Specification, kind: Node): readonly unknown[] {
  const properties = resolve(document, kind)["properties"];
  if (!isNode(properties)) return [];
  const type = resolve(document, properties["type"] ?? properties["event_type"]);
  return "const" in type ? [type["const"]] : [type["enum"]].flat();
}

function find(
  { operations }: Specification,
  method: string,
  path: string,
  action: string | null,
) {
  const given = path.split("/");
  const isMeant = (one: Operation) =>
    one.method === method && (one.action === undefined || one.action === action);
  const fitting = operations.filter(isMeant).flatMap((operation) => {
    const parts = operation.path.split("/");
    const values = new Map<string, string>();
    const fits = parts.length === given.length && parts.every((part, i) => {
      const name = /^\{(.*)\}$/.exec(part)?.[1];
      if (name !== undefined) values.set(name, decodeURIComponent(given[i] ?? ""));
      return name !== undefined || part === given[i];
    });
    return fits ? [{ operation, values }] : [];
  });
  // `/user/me` before `/user/{id}`.
  return fitting.toSorted((a, b) => a.values.size - b.values.size)[0];
}
