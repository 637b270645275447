/** One change to a source, and where it is. */
export interface Mutation {
  readonly line: number;
  readonly kind: "delete" | "swap";
  /** The line that was, without its indentation. */
  readonly was: string;
  /** The whole source with the change in it. */
  readonly source: string;
}

/** A mapping: which of our names one thing of a provider's goes to. */
interface Mapping {
  readonly first: number;
  readonly last: number;
  readonly indent: string;
  /** What stands before and after the part that is swapped with a neighbour's. */
  readonly before: string;
  readonly part: string;
  readonly after: string;
}

/** A line `name: value,`, a pair `[name, value],`, or a `yield* measure("metric", …)`. */
const PROPERTY = /^(\s+)((?:"[^"]+"|[\w$]+): )(.+)(,)$/;
const PAIR = /^(\s+)(\[[^,]+, )(.+)(\],)$/;
const YIELD = /^(\s+)(yield\* (?:measure|rate)\(\s*)("\w+")(.*\);)$/s;

/** Blocks that say how to ask, what a body looks like, or what the driver is: no mapping is in them. */
const ELSEWHERE = new RegExp(
  [
    String.raw`\bz\.\w+\($`,
    String.raw`\bz\.\w+\(\{$`,
    String.raw`\b(defineProvider|oauth2|hmacSignature|listOf|bridge|new URLSearchParams)\(`,
    String
      .raw`\b(request|requestOne|authenticate|subscribe|openSession|confirm|unlink|revocation)\b.*([{(]|=>)$`,
    String.raw`\bfunction\b.*(Promise<|Request\b).*\{$`,
    String.raw`: (WidgetLink|OAuth2Spec|Webhook|HmacScheme) = \{$`,
    String.raw`^(export )?(interface|type) `,
    String.raw`\bfunction\b.*\($`,
    String.raw`= (async )?\($`,
    String.raw`^import .*\{$`,
  ].join("|"),
);
/** Members of a resource that are read by nobody's meaning. */
const FORM =
  /^\s+(request|requestOne|name|aliases|produces|sessions|scope|page|poll|record|pageDays|historyDays|within|emptyStatuses|unit|kind|reason|slug|hosts): /;

/** Values that are a schema or an address. */
const NO_MAPPING = /^\s+[\w$]+: (z\.|maybe[A-Z]|"https?:)/;

/** Each mapping deleted, and each exchanged with the one after it in the same block. */
export function mutationsOf(source: string): readonly Mutation[] {
  const lines = source.split("\n");
  const mappings = mappingsIn(lines);
  const rebuild = (changes: ReadonlyMap<Mapping, string>) => {
    const copy: (string | undefined)[] = [...lines];
    for (const [{ first, last }, text] of changes) {
      copy.fill(undefined, first, last + 1);
      copy[first] = text;
    }
    return copy.filter((line) => line !== undefined).join("\n");
  };
  const at = ({ first }: Mapping) => ({ line: first + 1, was: lines[first]?.trim() ?? "" });
  return mappings.flatMap((mapping, i): Mutation[] => {
    const deletion: Mutation = {
      ...at(mapping),
      kind: "delete",
      source: rebuild(new Map([[mapping, ""]])),
    };
    const next = mappings[i + 1];
    const isNeighbour = next && next.first === mapping.last + 1 && next.indent === mapping.indent;
    if (!isNeighbour || next.part === mapping.part) return [deletion];
    const swapped = rebuild(
      new Map([
        [mapping, mapping.before + next.part + mapping.after],
        [next, next.before + mapping.part + next.after],
      ]),
    );
    return [deletion, { ...at(mapping), kind: "swap", source: swapped }];
  });
}

function mappingsIn(lines: readonly string[]): readonly Mapping[] {
  const found: Mapping[] = [];
  let skipUntil: string | undefined;
  for (let first = 0; first < lines.length; first++) {
    const line = lines[first] ?? "";
    const indent = /^\s*/.exec(line)?.[0] ?? "";
    if (skipUntil !== undefined) {
      const isInside = line === "" || indent.length > skipUntil.length;
      // What answers with a promise or a request asks, and means nothing.
      const asks = /^\s*\).*(Promise<|Request\b).*\{$/.test(line);
      if (isInside || asks) continue;
      skipUntil = undefined;
      if (/^\s*[)}\]]/.test(line)) continue;
    }
    if (/^\s*(\/\/|\*|\/\*)/.test(line)) continue;
    if (ELSEWHERE.test(line) && (!isBalanced(line) || line.endsWith("=>"))) {
      skipUntil = indent;
      continue;
    }
    const last = /^\s+yield\* (measure|rate)\(/.test(line) ? endOf(lines, first, indent) : first;
    const text = lines.slice(first, last + 1).join("\n");
    const match = FORM.test(line) || NO_MAPPING.test(line)
      ? null
      : YIELD.exec(text) ?? (isBalanced(line) ? PROPERTY.exec(line) ?? PAIR.exec(line) : null);
    if (!match) continue;
    const [, space = "", before = "", part = "", after = ""] = match;
    found.push({ first, last, indent, before: space + before, part, after });
    first = last;
  }
  return found;
}

/** The last line of the statement that begins at `first`. */
function endOf(lines: readonly string[], first: number, indent: string): number {
  if (lines[first]?.endsWith(";")) return first;
  const length = lines.slice(first).findIndex((line) => line === `${indent});`);
  return length < 0 ? first : first + length;
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const char of text.replaceAll(/"[^"]*"|`[^`]*`|\/[^/]+\/\w*/g, "")) {
    if ("([{".includes(char)) depth++;
    if (")]}".includes(char) && --depth < 0) return false;
  }
  return depth === 0;
}
