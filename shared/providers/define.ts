import type { z } from "zod";
import { type MetricCode, METRICS } from "../catalog/metrics.ts";
import type { Normalized, Quarantine, QuarantineReason } from "../catalog/normalized.ts";
import type { Ask, DriverContext, ProviderDriver } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { callProvider, check, readJson } from "./kit/http.ts";
import { bearer } from "./kit/oauth2.ts";
import { type Place, step } from "./pages.ts";
import type {
  MetricBatch,
  NormaliseContext,
  NormalizedRecord,
  Page,
  RecordRef,
  Resource,
} from "./resource.ts";

/** Infers `Row` from `page`, and holds `normalise` to the metrics listed in `produces`. */
export function resource<Row, const M extends MetricCode = never>(
  definition:
    & Omit<Resource<Row, M>, "page" | "next" | "record" | "normalise" | "produces">
    & {
      readonly produces: readonly M[];
      readonly page: z.ZodType<Page<Row>>;
      readonly next?: (page: Page<NoInfer<Row>>, ask: Ask) => string | undefined;
      readonly record: (row: NoInfer<Row>, context: NormaliseContext) => RecordRef | undefined;
      readonly normalise: (
        row: NoInfer<Row>,
        context: NormaliseContext,
      ) => NoInfer<Iterable<Normalized<M>>>;
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

type PageAsk = Ask & { readonly recordId?: string };

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

  async function read(from: Resource, ask: PageAsk, ctx: DriverContext): Promise<Page<unknown>> {
    const { recordId } = ask;
    const request = recordId === undefined
      ? from.request?.(ask)
      : from.requestOne?.({ ...ask, recordId });
    if (!request) {
      throw new ProviderError(slug, { kind: "rejected", status: 405 }, `fetch ${from.name} of`);
    }
    const provider = withSite(definition, ask.account.site);
    const authenticated = await authenticate?.(request, ask, ctx) ??
      bearer(provider, request, ask.account);
    const response = await callProvider(provider, authenticated, ctx, from.emptyStatuses);
    const page = await readJson(provider, response, from.page);
    return from.next && recordId === undefined ? { ...page, next: from.next(page, ask) } : page;
  }

  async function parentOf(from: Resource, ask: PageAsk, ctx: DriverContext) {
    if (from.within === undefined) return {};
    const [parent] = (await read(find(from.within), ask, ctx)).rows;
    return parent === undefined ? {} : { parent };
  }

  const driver: ProviderDriver = {
    ...members,

    async fetchPage({ resource: name, ...ask }, ctx) {
      const from = find(name);
      const { timeZone } = ask.account;
      const context = {
        receivedAt: ctx.now(),
        ...(timeZone === undefined ? {} : { timeZone }),
        ...await parentOf(from, ask, ctx),
      };
      const batch = toBatch(slug, from, await read(from, ask, ctx), context);
      if (batch.next !== undefined && batch.next === ask.cursor) throw repeats(slug);
      return batch;
    },

    async *fetchLatestMetrics(ask, ctx) {
      let place: Place | undefined;
      while (true) {
        const batch = await driver.fetchPage(place ? { ...ask, cursor: place.next } : ask, ctx);
        yield batch;
        if (batch.next === undefined) return;
        place = step(place, place?.next ?? ask.cursor, batch.next);
        if (!place) throw repeats(slug);
      }
    },

    normalise(name, body, context = {}) {
      const from = find(name);
      return toBatch(slug, from, check(slug, from.page, body), context);
    },
  };
  return driver;
}

function repeats(slug: string): ProviderError {
  return new ProviderError(slug, { kind: "contract", issues: ["next page repeats"] });
}

/** A person's own server is the one host beside the driver's; `siteUrl` has judged its address. */
function withSite(definition: ProviderDefinition, site: URL | undefined): ProviderDefinition {
  return site ? { ...definition, hosts: [...definition.hosts, site.host] } : definition;
}

function toBatch(
  slug: string,
  from: Resource,
  page: Page<unknown>,
  given: NormaliseContext,
): MetricBatch {
  const context = page.about === undefined ? given : { ...given, about: page.about };
  const records: NormalizedRecord[] = [];
  for (const row of page.rows) {
    const ref = from.record(row, context);
    if (!ref || ref.id === "" || ref.id.length > MAX_ID_CHARS) continue;
    const items = Array.from(from.normalise(row, context), believable);
    records.push({ ...ref, raw: row, items });
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
  if (!("start" in item)) return item;
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
