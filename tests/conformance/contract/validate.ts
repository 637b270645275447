import { Ajv2020 } from "ajv/dist/2020.js";
import { parseInstant } from "@shared/core/time.ts";
import { isNode, type Node, type Operation, type Specification } from "./specification.ts";

/** A request that a driver sent, and what the sandbox answered. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  /** What was sent as a form, where something was. */
  readonly form?: URLSearchParams;
  readonly status: number;
  /** As text; empty where there was none. */
  readonly body: string;
}

export interface Verdict {
  readonly operation?: Operation;
  /** What the specification does not allow, each by a name that a deviation can quote. */
  readonly findings: readonly string[];
  /** Those of the answer alone. */
  readonly answerFindings: readonly string[];
  /** Whether there was a schema to hold the body to. */
  readonly bodyChecked: boolean;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function compiler({ document }: Specification, allErrors: boolean): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors, unicodeRegExp: false, logger: false });
  ajv.addFormat("uuid", UUID);
  ajv.addFormat("date-time", (text: string) => parseInstant(text)?.offsetMinutes !== undefined);
  ajv.addFormat("date", /^\d{4}-\d\d-\d\d$/);
  // Sizes of numbers, and formats of people's own.
  const google = ["google-datetime", "google-duration", "google-fieldmask"];
  for (const format of ["int32", "int64", "float", "double", "uri", "email", "byte", ...google]) {
    ajv.addFormat(format, true);
  }
  ajv.addSchema({ ...closed(document) as Node, $id: "api" });
  return ajv;
}

/**
 * Holds exchanges below `base` to `specification`, in both directions; `inForm` where the parameters that
 * it calls those of a query are sent as a form.
 */
export function validator(specification: Specification, base: string, inForm = false) {
  // A choice of 36 kinds for each of 8,000 readings: every broken rule is only listed for a bad body.
  const [quick, thorough] = [compiler(specification, false), compiler(specification, true)];
  // Compiled once: `ajv` knows a schema again by its object.
  const wholes = new Map<Node, Node>();

  function check(schema: Node, value: unknown, what: string): readonly string[] {
    // The document's own `$ref`s begin with `#`, wherever the schema was taken from.
    const whole = wholes.get(schema) ?? rooted(closed(schema)) as Node;
    wholes.set(schema, whole);
    if (quick.validate(whole, value)) return [];
    const validate = thorough.compile(whole);
    validate(value);
    return (validate.errors ?? []).map((error) => {
      const extra = error.params["additionalProperty"];
      const where = error.instancePath.replaceAll(/\/\d+/g, "/*");
      return `${what}${where} ${error.message ?? ""}${extra ? `: ${extra}` : ""}`;
    });
  }

  return (exchange: Exchange): Verdict => {
    const path = exchange.url.href.slice(base.length).split("?")[0] ?? "";
    const query = inForm && exchange.form ? exchange.form : exchange.url.searchParams;
    const found = find(specification, exchange.method, path, query.get("action"));
    const name = `${exchange.method} ${found?.operation.path ?? path}`;
    if (!found) {
      const findings = [`${name}: no such operation`];
      return { findings, answerFindings: findings, bodyChecked: false };
    }
    const { operation, values } = found;
    const findings: string[] = [];
    for (const parameter of operation.parameters) {
      const value = parameter.in === "path"
        ? values.get(parameter.name)
        : query.get(parameter.name);
      if (parameter.in === "header") continue;
      const what = `${name}: ${parameter.in} ${parameter.name}`;
      if (value == null) {
        if (parameter.required) findings.push(`${what} is missing`);
      } else findings.push(...check(parameter.schema, coerce(parameter.schema, value), what));
    }
    // Tokens are asked for by a body of their own, which the library has made.
    const known = operation.parameters.length > 0 || !inForm ? [...query.keys()] : [];
    for (const key of known) {
      const isKnown = operation.parameters.some((one) => one.in === "query" && one.name === key);
      if (!isKnown) findings.push(`${name}: query ${key} is not documented`);
    }
    const { responses } = operation;
    const status = String(exchange.status);
    const ofAnswer: string[] = [];
    if (!responses.has(status) && !responses.has("default")) {
      ofAnswer.push(`${name}: status ${status} is not documented`);
    }
    const schema = responses.get(status) ?? responses.get("default");
    const bodyChecked = schema !== undefined && !isElsewhere(schema) && exchange.body !== "";
    if (bodyChecked) {
      ofAnswer.push(...check(schema, JSON.parse(exchange.body), `${name}: ${status} body`));
    }
    const answerFindings = [...new Set(ofAnswer)];
    return {
      operation,
      findings: [...new Set([...findings, ...answerFindings])],
      answerFindings,
      bodyChecked,
    };
  };
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

/** A text of an address as what the schema means by it. */
function coerce(schema: Node, text: string): unknown {
  switch (schema["type"]) {
    case "integer":
    case "number":
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "array":
      return text.split(",");
    default:
      return text;
  }
}

/** A schema of another document, which is not at hand. */
function isElsewhere(schema: Node): boolean {
  const items = isNode(schema["items"]) ? schema["items"] : {};
  return [schema["$ref"], items["$ref"]].some((ref) =>
    typeof ref === "string" && !ref.startsWith("#")
  );
}

/** Every object closed, so that a field nobody documents is found; OpenAPI 3.0's `nullable` as a type. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (!isNode(value)) return value;
  const { nullable, ...rest } = withoutOwnTypes(value);
  const entries = Object.entries(rest)
    // No JSON Schema: an example that has members called `type` or `$ref` would be read as one.
    .filter(([key, child]) => key !== "example" && key !== "examples" && !isForeign(key, child))
    .map(([key, child]) => [key, key === "default" ? child : closed(child)]);
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  if (nullable === true && typeof copy["type"] === "string") copy["type"] = [copy["type"], "null"];
  const properties = copy["properties"];
  if (isNode(properties) && isNode(properties[BY_SECOND])) {
    return { type: "object", additionalProperties: properties[BY_SECOND] };
  }
  return isNode(copy["properties"]) && !("additionalProperties" in copy)
    ? { ...copy, additionalProperties: false }
    : copy;
}

/** Stands for every second since 1970 in a map of Withings'. */
const BY_SECOND = "$timestamp";

const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"];

/** Without types that JSON Schema does not know, and formats that are words of the publisher's. */
function withoutOwnTypes(value: Node): Node {
  const { type, ...rest } = value;
  const isOwn = typeof type === "string" && !TYPES.includes(type);
  return isOwn || type === undefined ? rest : { ...rest, type };
}

function isForeign(key: string, child: unknown): boolean {
  // Of OpenAPI 3.0, whether the limit beside it counts too.
  if (/^exclusiveM(ax|in)imum$/.test(key) && typeof child === "boolean") return true;
  return key === "$ref" && typeof child === "string" && !child.startsWith("#");
}

function rooted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rooted);
  if (!isNode(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      key === "$ref" && typeof child === "string" ? `api${child}` : rooted(child),
    ]),
  );
}
