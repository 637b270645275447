/** A value that a served record states, as we read the provider's own documents. */
export interface Fact {
  readonly provider: string;
  /** The sandbox's person, and the id by which the provider knows them. */
  readonly person: string;
  readonly externalUserId: string;
  readonly resource: string;
  readonly recordId: string;
  /** A code of the metric catalog, and the value in the catalog's unit. */
  readonly metric: string;
  readonly value: number;
  /** ISO 8601, UTC. For a record that names only a day it is that day's midnight in UTC. */
  readonly start: string;
  readonly end?: string;
  /** The provider's own day, where it names one. */
  readonly localDate?: string;
  /** `day`: the record names a day, so `localDate` identifies it; `start` is a convention then. */
  readonly identifiedBy: "instant" | "day";
  readonly dailyTotal?: true;
  readonly statistic?: "average";
  /** `certain` must be found; `possible` is one fair reading of a vague document: equal, if found. */
  readonly reading: "certain" | "possible";
}

export type FactSpan =
  & Pick<Fact, "start" | "identifiedBy">
  & Partial<Pick<Fact, "end" | "localDate" | "dailyTotal" | "statistic">>;

/** What one record states, before it is known to whom it is served. */
export type NotedFact = FactSpan & Pick<Fact, "metric" | "value" | "reading">;

export interface RecordKey {
  readonly provider: string;
  readonly person: string;
  readonly externalUserId: string;
  readonly resource: string;
  readonly recordId: string;
}

export type Note = <V extends number | null>(
  metric: string,
  payload: V,
  how?: { readonly value?: number; readonly possible?: true } & Partial<FactSpan>,
) => V;

/**
 * Writes a payload and its meaning in one stroke: `steps: note("steps", 8500)` is the field's value
 * and the fact. `how.value` is the value in the catalog's unit where the payload's differs.
 */
export function notebook(span: FactSpan): { readonly note: Note; readonly facts: NotedFact[] } {
  const facts: NotedFact[] = [];
  const note: Note = (metric, payload, how = {}) => {
    if (payload === null) return payload;
    const { value = payload, possible, ...own } = how;
    const reading = possible ? "possible" : "certain";
    facts.push({ ...span, ...own, metric, value, reading });
    return payload;
  };
  return { note, facts };
}

/** The span of a record that names a day and no instant. */
export function daySpan(localDate: string): FactSpan {
  return { start: `${localDate}T00:00:00.000Z`, localDate, identifiedBy: "day" };
}

/** The span of something with a beginning and, mostly, an end. */
export function timeSpan(start: Date, end?: Date): FactSpan {
  return {
    start: start.toISOString(),
    ...(end ? { end: end.toISOString() } : {}),
    identifiedBy: "instant",
  };
}

export interface Ledger {
  /** Replaces what each of `records` stated before: the newest serving of a record is what holds. */
  serve(
    of: Omit<RecordKey, "recordId">,
    records: readonly { readonly id: string; readonly facts: readonly NotedFact[] }[],
  ): void;
  /** Everything served to or pushed for `person` that still holds; of everyone without one. */
  facts(person?: string): readonly Fact[];
  readonly size: number;
}

type Line = { readonly key: RecordKey; readonly facts: readonly NotedFact[] };

/** A ledger in memory; with `path` also a journal of JSON lines, which is read again at the start. */
export function openLedger(path?: string): Ledger {
  const records = new Map<string, Line>();
  const put = (line: Line) => {
    const { provider, externalUserId, resource, recordId } = line.key;
    records.set([provider, externalUserId, resource, recordId].join("|"), line);
  };
  if (path) { for (const line of readLines(path)) put(line); }
  return {
    serve(of, records) {
      const lines = records.map(({ id, facts }): Line => ({ key: { ...of, recordId: id }, facts }));
      for (const line of lines) put(line);
      if (!path || lines.length === 0) return;
      const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
      Deno.writeTextFileSync(path, text, { append: true });
    },
    facts(person) {
      const all: Fact[] = [];
      for (const { key, facts } of records.values()) {
        if (person !== undefined && key.person !== person) continue;
        for (const fact of facts) all.push({ ...key, ...fact });
      }
      return all;
    },
    get size() {
      return records.size;
    },
  };
}

function* readLines(path: string): Iterable<Line> {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  // A kill in the middle of a write leaves a torn line; what comes next must start on its own.
  if (text && !text.endsWith("\n")) Deno.writeTextFileSync(path, "\n", { append: true });
  for (const line of text.split("\n")) {
    try {
      // SAFETY: the file is written by `serve` alone.
      if (line) yield JSON.parse(line) as Line;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
}
