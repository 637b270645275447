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
  /** What is left when the mapping is gone. */
  readonly gone: string;
}

/** A member `name: value,` or a pair `[name, value],`; of both the value is swapped. */
const MEMBER = /^(\s+)((?:"[^"]+"|[\w$]+): )(.+)(,)$/s;
const PAIR = /^(\s+)(\[[^,]+, )(.+)(\],)$/s;
/** A row of a table of calls, `values("heartrate", "heart_rate", beatsPerMinute),`: its last name. */
const CALL = /^(\s+)(\w+\((?:"\w+", )?)("\w+")(,.*\),)$/s;
/** What is yielded from: of a metric the name, else nothing is swapped. */
const YIELD =
  /^(\s+)((?:\} )?(?:else )?(?:(?:if|for) \([^;]*?\) )?(?:return )?)(yield\* (?:\w+\(\s*)?)("\w+")?(.*;)$/s;
/** The one expression of an arrow, `measure("height", …)`, whatever closes behind it. */
const EXPRESSION = /^(\s+)((?:measure|rate)\(\s*)("\w+")/;

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
/** Members that say how to ask, or how the provider says that something is wrong: they map nothing. */
const FORM =
  /^\s+(request|requestOne|name|aliases|produces|sessions|scope|page|poll|record|pageDays|historyDays|within|emptyStatuses|unit|kind|reason|slug|hosts|next|rows|statuses|retryAfter|signedWith|maxBytes|acknowledge|startdate|enddate|startdateymd|enddateymd): /;

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
  return mappings.flatMap((mapping): Mutation[] => {
    const deletion: Mutation = {
      ...at(mapping),
      kind: "delete",
      source: rebuild(new Map([[mapping, mapping.gone]])),
    };
    // Those that lie within a statement of several lines stand between it and its neighbour.
    const next = mappings.find(({ first, indent }) =>
      first === mapping.last + 1 && indent === mapping.indent
    );
    const isSame = next?.part === mapping.part || next?.part === "" || mapping.part === "";
    if (!next || isSame) return [deletion];
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
      if (/^\s*[)}\]]/.test(line) && !/yield\*/.test(line)) continue;
    }
    if (/^\s*(\/\/|\*|\/\*)/.test(line)) continue;
    if (ELSEWHERE.test(line) && (!isBalanced(line) || line.endsWith("=>"))) {
      skipUntil = indent;
      continue;
    }
    const mapping = mappingAt(lines, first, indent);
    if (mapping) found.push(mapping);
  }
  return found;
}

function mappingAt(lines: readonly string[], first: number, indent: string): Mapping | undefined {
  const line = lines[first] ?? "";
  if (FORM.test(line) || NO_MAPPING.test(line)) return undefined;
  const last = endOf(lines, first);
  const text = lines.slice(first, last + 1).join("\n");
  const about = { first, last, indent };
  const yielded = YIELD.exec(text);
  if (yielded) {
    const [, space = "", head = "", call = "", part = "", rest = ""] = yielded;
    return { ...about, before: space + head + call, part, after: rest, gone: `${space}${head};` };
  }
  const expression = expressionAt(lines, first);
  if (expression) return { ...about, ...expression };
  // A table that begins here is its rows.
  const isTable = last > first && /[{[(]$/.test(line);
  const row = isTable ? CALL.exec(text) : MEMBER.exec(text) ?? PAIR.exec(text) ?? CALL.exec(text);
  if (!row) return undefined;
  const [, space = "", before = "", part = "", after = ""] = row;
  return { ...about, before: space + before, part, after, gone: "" };
}

/** The line on which what begins on `first` ends: by `;` or `,`, with every bracket closed. */
function endOf(lines: readonly string[], first: number): number {
  let text = "";
  for (let last = first; last < Math.min(first + MOST_LINES, lines.length); last++) {
    const line = lines[last] ?? "";
    text += `${line}\n`;
    if (/[;,]$/.test(line) && isBalanced(text.replace(/^\s*\} /, ""))) return last;
  }
  return first;
}

/** No statement of a driver is longer. */
const MOST_LINES = 30;

/** A call to `measure` or `rate` that begins on `first`, up to the end of the line that closes it. */
function expressionAt(lines: readonly string[], first: number) {
  const text = lines.slice(first, first + MOST_LINES).join("\n");
  const [head = "", space = "", call = "", part = ""] = EXPRESSION.exec(text) ?? [];
  const close = head === "" ? -1 : closeOf(text);
  if (close < 0) return undefined;
  const lineEnd = text.indexOf("\n", close);
  const end = lineEnd < 0 ? text.length : lineEnd;
  return {
    last: first + text.slice(0, close).split("\n").length - 1,
    before: space + call,
    part,
    after: text.slice(head.length, end),
    gone: `${space}[]${text.slice(close + 1, end)}`,
  };
}

/** Where the first bracket of `text` is closed. */
function closeOf(text: string): number {
  let depth = 0;
  for (const [i, char] of [...blanked(text)].entries()) {
    if ("([{".includes(char)) depth++;
    if (")]}".includes(char) && --depth === 0) return i;
  }
  return -1;
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const char of blanked(text)) {
    if ("([{".includes(char)) depth++;
    if (")]}".includes(char) && --depth < 0) return false;
  }
  return depth === 0;
}

/** `text` with spaces for what is in quotes, or a pattern: brackets in there are none. */
function blanked(text: string): string {
  return text.replaceAll(/"[^"]*"|`[^`]*`|\/[^/\s]+\/\w*/g, (quoted) => " ".repeat(quoted.length));
}
