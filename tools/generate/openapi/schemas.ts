import { z } from "zod";

/** A piece of the document. */
export type Node = Readonly<Record<string, unknown>>;

interface Member {
  readonly name: string;
  readonly schema: Node;
  readonly isRequired: boolean;
}

export interface Schemas {
  /** An answer as JSON Schema 2020-12; what has an `id` is a reference into `components`. */
  answer(schema: z.ZodType): Node;
  /** An input, by reference: it is called `name`, and what it holds has an `id` with `Input` behind. */
  input(schema: z.ZodType, name: string): Node;
  /** The members of an input: what stands in a query. */
  members(schema: z.ZodType): readonly Member[];
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

  function convert(schema: z.ZodType, io: "input" | "output"): Node {
    const converted = z.toJSONSchema(schema, {
      io,
      override: ({ jsonSchema }) => plain(jsonSchema, io),
    });
    // What is optional to send is required to answer: the two cannot share a name.
    const end = io === "input" ? "Input" : "";
    const { $schema: _, $defs = {}, ...root } = pointed(converted, end) as Node & {
      readonly $defs?: Readonly<Record<string, Node>>;
    };
    for (const [name, definition] of Object.entries($defs)) keep(name + end, definition);
    return root;
  }

  return {
    answer: (schema) => convert(schema, "output"),
    input(schema, name) {
      keep(name, convert(schema, "input"));
      return { $ref: `${COMPONENTS}${name}` };
    },
    members(schema) {
      // SAFETY: inputs are objects, whose properties are schemas.
      const { properties, required = [] } = convert(schema, "input") as {
        readonly properties: Readonly<Record<string, Node>>;
        readonly required?: readonly string[];
      };
      return Object.entries(properties).map(([name, member]) => ({
        name,
        schema: member,
        isRequired: required.includes(name),
      }));
    },
    components: () => Object.fromEntries([...named].sort(([a], [b]) => a < b ? -1 : 1)),
  };
}

const COMPONENTS = "#/components/schemas/";

/** Leaves out what says nothing to a reader, and what would forbid us to add a member to an answer. */
function plain(schema: z.core.JSONSchema.BaseSchema, io: "input" | "output"): void {
  if (io === "output" && schema.additionalProperties === false) delete schema.additionalProperties;
  if (schema.format !== undefined) delete schema.pattern;
  // A number that is also taken as text, and says which is meant.
  if (schema.type !== undefined) delete schema.anyOf;
  // Of `POST /connect`, which tells its kinds apart by a member that may be absent.
  if (schema.oneOf) {
    schema.anyOf = schema.oneOf;
    delete schema.oneOf;
  }
  // The word of OpenAPI 3.0, which JSON Schema writes as a list.
  if ("example" in schema) {
    schema.examples = [schema["example"]];
    delete schema["example"];
  }
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

/** References of zod's own, pointed to where the document keeps its schemas. */
function pointed(value: unknown, end: string): unknown {
  if (Array.isArray(value)) return value.map((one) => pointed(one, end));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === "$ref" && typeof member === "string"
        ? member.replace("#/$defs/", COMPONENTS) + end
        : pointed(member, end),
    ]),
  );
}
