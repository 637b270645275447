import { isNode, type Node, resolve } from "./specification.ts";

export interface Coverage {
  /** Takes note of which documented fields `value`, an answer of `schema`, has. */
  note(schema: Node, value: unknown): void;
  /** How many fields those answers may have. */
  readonly documented: number;
  /** `PublicSleep.day`, where no answer had it. */
  readonly missing: readonly string[];
}

/** Counts the documented fields that answers have; those of the schemas `untyped` are nobody's. */
export function fieldCoverage(document: Node, untyped: readonly string[]): Coverage {
  const seen = new Map<string, boolean>();

  function note(schema: Node, values: readonly unknown[], name: string): void {
    if (values.length === 0) return;
    const ref = schema["$ref"];
    if (typeof ref === "string") {
      return note(resolve(document, schema), values, ref.replace(/^.*\//, ""));
    }
    const { items, properties } = schema;
    const choices = [schema["anyOf"], schema["oneOf"]].flat().filter(isNode)
      .filter((one) => one["type"] !== "null" && !untyped.some((own) => refersTo(one, own)));
    const [choice, another] = choices;
    // Which of several it was, nobody says: their fields are not counted.
    if (choice && !another) note(choice, values, name);
    if (isNode(items)) note(items, values.filter(Array.isArray).flat(), name);
    const objects = values.filter(isNode);
    for (const [key, child] of Object.entries(isNode(properties) ? properties : {})) {
      const held = objects.filter((one) => Object.hasOwn(one, key)).map((one) => one[key]);
      const field = `${name}.${key}`;
      seen.set(field, held.length > 0 || (seen.get(field) ?? false));
      if (isNode(child)) note(child, held.filter((one) => one !== null), field);
    }
  }

  return {
    note: (schema, value) => note(schema, [value], ""),
    get documented() {
      return seen.size;
    },
    get missing() {
      return [...seen].filter(([, isSeen]) => !isSeen).map(([field]) => field);
    },
  };
}

function refersTo(schema: Node, name: string): boolean {
  return typeof schema["$ref"] === "string" && schema["$ref"].endsWith(`/${name}`);
}
