import { dirname, join } from "node:path";
import { parse } from "yaml";
import { readSharedText } from "../../support/shared_data.ts";
import { isNode, type Node, resolve } from "./specification.ts";

/**
 * A document whose parts are files of their own (Tidepool's), as one: each `$ref` to a file becomes
 * what is there, and each `allOf` one object, since a closed part would forbid what the others allow.
 */
export function bundle(document: Node, file: string): unknown {
  const known = new Map<string, unknown>();
  /** Parts that are being joined: one that holds itself stays a `$ref`. */
  const open = new Set<string>();

  function load(path: string): unknown {
    if (known.has(path)) return known.get(path);
    known.set(path, {}); // what holds itself is not looked into twice
    const text = readSharedText(`provider-specs/${path}`);
    const read = text === undefined ? undefined : walk(parse(text), dirname(path));
    known.set(path, read);
    return read;
  }

  function walk(value: unknown, folder: string): unknown {
    if (Array.isArray(value)) return value.map((one) => walk(one, folder));
    if (!isNode(value)) return value;
    const ref = value["$ref"];
    if (typeof ref === "string" && ref.startsWith(".")) return load(join(folder, ref)) ?? value;
    const { allOf, ...others } = value;
    const rest = Object.fromEntries(
      Object.entries(others).map(([key, child]) => [key, walk(child, folder)]),
    );
    if (!Array.isArray(allOf)) return rest;
    return joined([...allOf.map((part) => partOf(part, folder)), rest].filter(isNode));
  }

  /** A part of an `allOf` as it is written: what it points to in the document is put in its place. */
  function partOf(value: unknown, folder: string): unknown {
    const ref = isNode(value) ? value["$ref"] : undefined;
    if (typeof ref !== "string" || !ref.startsWith("#/") || open.has(ref)) {
      return walk(value, folder);
    }
    open.add(ref);
    const part = partOf(resolve(document, value), folder);
    open.delete(ref);
    return part;
  }

  // The document lies beside the folder that its parts are in.
  return walk(document, join(dirname(file), "reference"));
}

/** One schema for all of `parts`; where one of them is a choice, a choice of such. */
function joined(parts: readonly Node[]): Node {
  const choice = parts.find((part) => Array.isArray(part["oneOf"]));
  if (choice) {
    const { oneOf, ...rest } = choice;
    const others = [...parts.filter((part) => part !== choice), rest];
    const choices = Array.isArray(oneOf) ? oneOf.filter(isNode) : [];
    return { oneOf: choices.map((one) => joined([...others, one])) };
  }
  const whole: Record<string, unknown> = {};
  for (const part of parts) {
    for (const [key, value] of Object.entries(part)) {
      const held = whole[key];
      if (Array.isArray(held) && Array.isArray(value)) whole[key] = [...held, ...value];
      else whole[key] = isNode(held) && isNode(value) ? { ...held, ...value } : value;
    }
    if (Array.isArray(whole["required"])) whole["required"] = [...new Set(whole["required"])];
  }
  return whole;
}
