import { z } from "zod";

/** A piece of the document. */
export type Node = Readonly<Record<string, unknown>>;

export interface Schemas {
  /** `schema` as JSON Schema 2020-12; what has an `id` is a reference into `components`. */
  of(schema: z.ZodType, io: "input" | "output"): Node;
  /** The members of an object: what stands in a query. */
  membersOf(schema: z.ZodType): Readonly<Record<string, Node>>;
  /** By name, in the order of names. */
  components(): Readonly<Record<string, Node>>;
}

/** Turns zod's schemas into the document's, and keeps those that have a name. */
export function createSchemas(): Schemas {
  const named = new Map<string, Node>();

  function keep(name: string, schema: Node): void {
    const known = named.get(name);
    if (known && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`Cannot name schema ${name}: two differ that are called so`);
    }
    named.set(name, schema);
  }

  function of(schema: z.ZodType, io: "input" | "output"): Node {
    const converted = z.toJSONSchema(schema, {
      io,
      override: ({ jsonSchema }) => plain(jsonSchema, io),
    });
    const { $schema: _, $defs = {}, ...root } = pointed(converted) as Node & { $defs?: Node };
    for (const [name, definition] of Object.entries($defs)) keep(name, definition as Node);
    return root;
  }

  return {
    of,
    membersOf(schema) {
      const root = of(schema, "input");
      const name = /^#\/components\/schemas\/(.+)$/.exec(String(root["$ref"]))?.[1];
      const object = name === undefined ? root : named.get(name);
      return object?.["properties"] as Readonly<Record<string, Node>>;
    },
    components: () => Object.fromEntries([...named].sort(([a], [b]) => a < b ? -1 : 1)),
  };
}

/** Leaves out what says nothing to a reader, and what would forbid us to add a member to an answer. */
function plain(schema: z.core.JSONSchema.BaseSchema, io: "input" | "output"): void {
  if (io === "output" && schema.additionalProperties === false) delete schema.additionalProperties;
  if (schema.format !== undefined) delete schema.pattern;
  // The word of OpenAPI 3.0, which JSON Schema writes as a list.
  if ("example" in schema) {
    schema.examples = [schema["example"]];
    delete schema["example"];
  }
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

/** References of zod's own, pointed to where the document keeps its schemas. */
function pointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === "$ref" && typeof member === "string"
        ? member.replace("#/$defs/", "#/components/schemas/")
        : pointed(member),
    ]),
  );
}
