import { parse } from "yaml";
import { bundle } from "./bundle.ts";
import { readSharedText } from "../../support/shared_data.ts";
import { operationsOfDiscovery, withPointers } from "./discovery.ts";

/** A value of a parsed document. */
export type Node = { readonly [key: string]: unknown };

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: Node;
}

/** What a request carries, where that is JSON. */
export interface Payload {
  readonly required: boolean;
  readonly schema: Node;
}

export interface Operation {
  readonly method: string;
  /** `/v2/cycle/{cycleId}`. */
  readonly path: string;
  /** The value of `action` that means it, where several share a path: the end of its id. */
  readonly action?: string;
  readonly parameters: readonly Parameter[];
  readonly payload?: Payload;
  /** Status, or `default`, to the schema of its JSON; nothing where it has no body. */
  readonly responses: ReadonlyMap<string, Node | undefined>;
}

export interface Specification {
  /** As published, `$ref`s inside. */
  readonly document: Node;
  readonly operations: readonly Operation[];
  /** What the publisher sends by itself: one schema for each kind of body. */
  readonly events: readonly Node[];
}

/** An OpenAPI 3, Swagger 2 or Google discovery document of `../shared/provider-specs`; nothing (said once) where absent. */
export function readSpecification(file: string): Specification | undefined {
  const text = readSharedText(`provider-specs/${file}`);
  if (text === undefined) return undefined;
  const parsed: unknown = parse(text);
  const document = isNode(parsed) ? bundle(parsed, file) : parsed;
  if (!isNode(document)) throw new Error(`Cannot read ${file}: no document`);
  if ("discoveryVersion" in document) {
    const pointed = withPointers(document);
    if (!isNode(pointed)) throw new Error(`Cannot read ${file}: no document`);
    return { document: pointed, operations: operationsOfDiscovery(pointed), events: [] };
  }
  return { document, operations: operationsOf(document), events: eventsOf(document) };
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** The operations of an OpenAPI 3 or Swagger 2 document. */
export function operationsOf(document: Node): readonly Operation[] {
  return members(document["paths"]).flatMap(([address, item]) => {
    // One publisher has whole addresses, several times, told apart by spaces at either end; another
    // writes the query behind the path, `/users?token={token}`.
    const [path = "", query = ""] = address.trim().replace(/^https:\/\/[^/]+/, "").split("?");
    return members(item).filter(([method]) => METHODS.includes(method)).map((
      [method, operation],
    ) => ({
      method: method.toUpperCase(),
      path,
      ...actionOf(operation),
      ...payloadOf(document, operation),
      parameters: [...list(item, "parameters"), ...list(operation, "parameters")]
        .map((one) => resolve(document, one))
        .filter((one) => one["in"] !== "body")
        .map((one) => inQuery(query, parameterOf(one))),
      responses: new Map(
        members(isNode(operation) ? operation["responses"] : undefined)
          .map(([status, response]) => [status, bodyOf(resolve(document, response))]),
      ),
    }));
  });
}

/** What the address has in its query is a parameter of the query, wherever the document puts it. */
function inQuery(query: string, parameter: Parameter): Parameter {
  return query.includes(`{${parameter.name}}`) ? { ...parameter, in: "query" } : parameter;
}

function actionOf(operation: unknown): { readonly action?: string } {
  const id = isNode(operation) ? operation["operationId"] : undefined;
  const takesAction = list(operation, "parameters")
    .some((one) => isNode(one) && one["name"] === "action");
  return takesAction && typeof id === "string" ? { action: id.replace(/^.*-/, "") } : {};
}

/** OpenAPI 3 has it beside the parameters, Swagger 2 among them. */
function payloadOf(document: Node, operation: unknown): { readonly payload?: Payload } {
  const own = isNode(operation) ? operation["requestBody"] : undefined;
  const among = list(operation, "parameters").map((one) => resolve(document, one))
    .find((one) => one["in"] === "body");
  const body = among ?? resolve(document, own);
  const schema = bodyOf(body);
  return schema ? { payload: { required: body["required"] === true, schema } } : {};
}

/** The bodies of `webhooks`; one that may be several kinds of body is as many. */
function eventsOf(document: Node): readonly Node[] {
  return members(document["webhooks"]).flatMap(([, item]) =>
    members(item).flatMap(([, operation]): readonly Node[] => {
      const schema = payloadOf(document, operation).payload?.schema;
      if (!schema) return [];
      const kinds = [...list(schema, "oneOf"), ...list(schema, "anyOf")].filter(isNode);
      return kinds.length > 0 ? kinds : [schema];
    })
  );
}

function parameterOf(one: Node): Parameter {
  const where = one["in"];
  return {
    name: String(one["name"]),
    in: where === "path" || where === "header" ? where : "query",
    required: one["required"] === true,
    schema: isNode(one["schema"]) ? one["schema"] : inParameter(one),
  };
}

/** Swagger 2 writes the schema into the parameter, whose `required` means something else. */
function inParameter({ required: _required, in: _in, name: _name, ...schema }: Node): Node {
  return schema;
}

function bodyOf(holder: Node): Node | undefined {
  if (isNode(holder["schema"])) return holder["schema"];
  const json = members(holder["content"]).find(([type]) => /\bjson\b/.test(type))?.[1];
  const schema = isNode(json) ? json["schema"] : undefined;
  return isNode(schema) ? schema : undefined;
}

/** `#/components/parameters/limit` followed; a `$ref` to elsewhere stays. */
export function resolve(document: Node, value: unknown): Node {
  const node = isNode(value) ? value : {};
  const ref = node["$ref"];
  if (typeof ref !== "string" || !ref.startsWith("#/")) return node;
  let target: unknown = document;
  for (const key of ref.slice(2).split("/")) target = isNode(target) ? target[key] : undefined;
  return resolve(document, target);
}

function members(value: unknown): readonly (readonly [string, unknown])[] {
  return isNode(value) ? Object.entries(value) : [];
}

function list(value: unknown, name: string): readonly unknown[] {
  const found = isNode(value) ? value[name] : undefined;
  return Array.isArray(found) ? found : [];
}
