import {
  isNode,
  type Node,
  type Operation,
  type Parameter,
  type Payload,
} from "./specification.ts";

/** The operations of a Google discovery document, whose `$ref`s name schemas beside them. */
export function operationsOfDiscovery(document: Node): readonly Operation[] {
  return methodsOf(document).map((method) => ({
    method: String(method["httpMethod"]),
    path: `/${method["flatPath"]}`,
    parameters: parametersOf(method),
    ...payloadOf(method),
    responses: new Map([["200", schemaOf(method["response"])]]),
  }));
}

/** The document with `$ref`s as JSON pointers and without names of schemas, as a validator has them. */
export function withPointers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPointers);
  if (!isNode(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      // A field may be called `id` too, and is then no text.
      .filter(([key, child]) => key !== "id" || typeof child !== "string")
      .map(([key, child]) => [
        key,
        key === "$ref" && typeof child === "string" ? `#/schemas/${child}` : withPointers(child),
      ]),
  );
}

function methodsOf(node: Node): readonly Node[] {
  const own = isNode(node["methods"]) ? Object.values(node["methods"]) : [];
  const below = isNode(node["resources"]) ? Object.values(node["resources"]) : [];
  return [...own.filter(isNode), ...below.filter(isNode).flatMap(methodsOf)];
}

/** Those of the query; those of the path are one name, which the flat path has in parts. */
function parametersOf(method: Node): readonly Parameter[] {
  const parameters = isNode(method["parameters"]) ? method["parameters"] : {};
  return Object.entries(parameters).flatMap(([name, schema]): readonly Parameter[] =>
    isNode(schema) && schema["location"] === "query"
      ? [{ name, in: "query", required: schema["required"] === true, schema: typeOf(schema) }]
      : []
  );
}

function payloadOf(method: Node): { readonly payload?: Payload } {
  const schema = schemaOf(method["request"]);
  return schema ? { payload: { required: true, schema } } : {};
}

/** `required` and `location` mean something else in a JSON schema. */
function typeOf({ type, format, pattern, enum: choices }: Node): Node {
  const members = { type, format, pattern, enum: choices };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function schemaOf(value: unknown): Node | undefined {
  return isNode(value) ? value : undefined;
}
