import { Ajv2020 } from "ajv/dist/2020.js";
import { parseInstant } from "@shared/core/time.ts";
import { isNode, type Node } from "./specification.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Sizes of numbers, and formats of people's own. */
const OPEN_FORMATS =
  "int32 int64 float double uri email byte google-datetime google-duration google-fieldmask";

/** Holds values to the schemas of `document`; the schemas named `untyped` nothing fits. */
export type Checker = (schema: Node, value: unknown, what: string) => readonly string[];

/** Each finding begins with `what` and tells which rule of which member does not hold. */
export function checker(document: Node, untyped: readonly string[]): Checker {
  const closedDocument = closed(document, new Set(untyped));
  const compiler = (allErrors: boolean) => {
    const ajv = new Ajv2020({ strict: false, allErrors, unicodeRegExp: false, logger: false });
    ajv.addFormat("uuid", UUID);
    ajv.addFormat("uuid4", UUID);
    ajv.addFormat("date-time", (text: string) => parseInstant(text)?.offsetMinutes !== undefined);
    ajv.addFormat("date", /^\d{4}-\d\d-\d\d$/);
    for (const format of OPEN_FORMATS.split(" ")) ajv.addFormat(format, true);
    return ajv.addSchema({ ...closedDocument as Node, $id: "api" });
  };
  // A choice of 36 kinds for each of 8,000 readings: every broken rule is only listed for a bad body.
  const [quick, thorough] = [compiler(false), compiler(true)];

  // Compiled once: `ajv` knows a schema again by its object.
  const wholes = new Map<Node, Node>();

  return (schema, value, what) => {
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
  };
}

/** A text of an address as what the schema means by it. */
export function coerce(schema: Node, text: string): unknown {
  const choices = [schema["anyOf"], schema["oneOf"]].flat().filter(isNode);
  if (choices.length > 0) {
    return choices.map((one) => coerce(one, text)).find((value) => value !== text) ?? text;
  }
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
export function isElsewhere(schema: Node): boolean {
  const items = isNode(schema["items"]) ? schema["items"] : {};
  return [schema["$ref"], items["$ref"]].some((ref) =>
    typeof ref === "string" && !ref.startsWith("#")
  );
}

/** Every object closed, so that a field nobody documents is found; OpenAPI 3.0's `nullable` as a type. */
function closed(value: unknown, untyped: ReadonlySet<string> = new Set()): unknown {
  if (Array.isArray(value)) return value.map((one) => closed(one, untyped));
  if (!isNode(value)) return value;
  const { nullable, ...rest } = withoutOwnTypes(value);
  const entries = Object.entries(rest)
    .filter(([key, child]) => !isForeign(key, child))
    .map(([key, child]) => {
      if (untyped.has(key)) return [key, false];
      return [key, key === "default" ? child : closed(child, untyped)];
    });
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
  // No JSON Schema: an example that has members called `type` or `$ref` would be read as one.
  if (key === "example" || key === "examples") return true;
  // A dialect named inside would begin a document of its own.
  if (key === "$schema") return true;
  // No members at all, as PHP writes it: an empty list.
  if (key === "properties" && Array.isArray(child)) return true;
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
