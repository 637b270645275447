import type { z } from "zod";
import { type MetricCode, METRICS } from "../catalog/metrics.ts";
import type { Normalized, Quarantine, QuarantineReason } from "../catalog/normalized.ts";
import type { Ask, DriverContext, ProviderDriver } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { callProvider, check, readJson } from "./kit/http.ts";
import { bearer } from "./kit/oauth2.ts";
import type { MetricBatch, NormalizedRecord, Page, RecordRef, Resource } from "./resource.ts";

/** Infers `Row` from `page`, and holds `normalise` to the metrics listed in `produces`. */
export function resource<Row, const M extends MetricCode = never>(
  definition:
    & Omit<Resource<Row, M>, "page" | "record" | "normalise" | "produces">
    & {
      readonly produces: readonly M[];
      readonly page: z.ZodType<Page<Row>>;
      readonly record: (row: NoInfer<Row>) => RecordRef | undefined;
      readonly normalise: (row: NoInfer<Row>) => NoInfer<Iterable<Normalized<M>>>;
    },
): Resource<Row, M> {
  return definition;
}

/** A driver as written: the verbs that fetch and normalise follow from its resources. */
export interface ProviderDefinition
  extends Omit<ProviderDriver, "fetchPage" | "fetchLatestMetrics" | "normalise"> {
  /** How a request proves whose data it asks for; default `Authorization: Bearer`. */
  authenticate?(request: Request, ask: Ask, ctx: DriverContext): Request | Promise<Request>;
}

/** No collection is this long: a cursor that never ends would hold a worker for good. */
const MAX_PAGES = 10_000;
const MAX_ID_CHARS = 512;

export function defineProvider(definition: ProviderDefinition): ProviderDriver {
  const { authenticate, ...members } = definition;
  const { slug } = definition;
  const resources = new Map(definition.resources.map((one) => [one.name, one]));

  function find(name: string): Resource {
    const found = resources.get(name);
    if (!found) throw new ProviderError(slug, { kind: "rejected", status: 404 }, `find ${name} of`);
    return found;
  }

  const driver: ProviderDriver = {
    ...members,

    async fetchPage({ resource: name, recordId, ...ask }, ctx) {
      const from = find(name);
      const request = recordId === undefined
        ? from.request?.(ask)
        : from.requestOne?.({ ...ask, recordId });
      if (!request) {
        throw new ProviderError(slug, { kind: "rejected", status: 405 }, `fetch ${name} of`);
      }
      const authenticated = await authenticate?.(request, ask, ctx) ??
        bearer(definition, request, ask.account);
      const response = await callProvider(definition, authenticated, ctx);
      const batch = toBatch(slug, from, await readJson(definition, response, from.page));
      if (batch.next !== undefined && batch.next === ask.cursor) throw repeats(slug);
      return batch;
    },

    async *fetchLatestMetrics(ask, ctx) {
      const seen = new Set<string | undefined>();
      let cursor = ask.cursor;
      do {
        if (seen.has(cursor) || seen.size === MAX_PAGES) throw repeats(slug);
        seen.add(cursor);
        const batch = await driver.fetchPage(
          { ...ask, ...(cursor === undefined ? {} : { cursor }) },
          ctx,
        );
        yield batch;
        cursor = batch.next;
      } while (cursor !== undefined);
    },

    normalise(name, body) {
      const from = find(name);
      return toBatch(slug, from, check(slug, from.page, body));
    },
  };
  return driver;
}

function repeats(slug: string): ProviderError {
  return new ProviderError(slug, { kind: "contract", issues: ["next page repeats"] });
}

function toBatch(slug: string, from: Resource, page: Page<unknown>): MetricBatch {
  const records: NormalizedRecord[] = [];
  for (const row of page.rows) {
    const ref = from.record(row);
    if (!ref || ref.id === "" || ref.id.length > MAX_ID_CHARS) continue;
    records.push({ ...ref, raw: row, items: Array.from(from.normalise(row), believable) });
  }
  if (page.bare && records.length === 0) {
    throw new ProviderError(slug, {
      kind: "contract",
      issues: ["body: neither a list nor a record"],
    });
  }
  return {
    resource: from.name,
    records,
    unidentified: page.rows.length - records.length,
    ...(page.next === undefined ? {} : { next: page.next }),
  };
}

/** What cannot be believed becomes a reason in its place: the raw record keeps what was sent. */
function believable(item: Normalized): Normalized {
  if (item.kind === "deletion" || item.kind === "quarantine") return item;
  if (Number.isNaN(item.start.getTime()) || Number.isNaN(item.end?.getTime() ?? 0)) {
    return quarantine("no_time");
  }
  if (item.end && item.end < item.start) return quarantine("interval_inverted");
  if (item.kind === "metric" && !isWithin(item.value, METRICS[item.metric].plausible)) {
    return quarantine("implausible");
  }
  if (item.kind === "score" && !isWithin(item.value, scaleOf(item.scale))) {
    return quarantine("implausible");
  }
  return item;
}

function scaleOf(scale: readonly [number, number] | "open_ended"): readonly [number, number] {
  return scale === "open_ended" ? [-Number.MAX_VALUE, Number.MAX_VALUE] : scale;
}

/** False for NaN and the infinities too. */
function isWithin(value: number, [low, high]: readonly [low: number, high: number]): boolean {
  return value >= low && value <= high;
}

function quarantine(reason: QuarantineReason): Quarantine {
  return { kind: "quarantine", reason };
}
