import { localDateOf, MINUTE, offsetIn, SECOND } from "@shared/core/time.ts";
import type { Batch, SessionRow } from "@shared/db/records.ts";
import { batchOf, sessionOf, type Value } from "../../support/batches.ts";
import type { TestDatabase } from "../../support/database.ts";
import type { TestAccount } from "../../support/people.ts";
import { differentDays, rollUp, storedDays, type StoredSample } from "../../support/rollup.ts";
import { type Provider, type Statement, statement } from "./pretended_records.ts";

/** One account's resource, and when each of its records was last seen: the whole of the plain model. */
export interface Collection {
  readonly account: TestAccount;
  readonly resource: string;
  readonly zone: string | undefined;
  readonly provider: Provider;
  /** Record to the latest time at which anyone looked, whatever the order of arrival. */
  readonly seen: Map<number, number>;
}

/** A batch as it is told of these records at a time. */
export function batchAt(
  { provider }: Collection,
  records: readonly number[],
  at: number,
): Batch {
  const said = records.map((record) => statement(provider, record, at));
  const sessions = said.flatMap(({ session, id }, record): SessionRow[] =>
    session ? [sessionOf({ record, session_id: id, ...session })] : []
  );
  const batch = batchOf(said.map(({ session: _, ...told }) => told));
  // As delivered, sessions and all: a record is what it was where that did not change.
  const whole = batch.records.map((record, n) => ({ ...record, raw: said[n] }));
  return { ...batch, records: whole, sessions };
}

export function note({ seen }: Collection, records: readonly number[], at: number): void {
  for (const record of records) seen.set(record, Math.max(seen.get(record) ?? 0, at));
}

/** How a zone's offsets come to be known once: a million readings ask for few hours. */
const offsets = new Map<string, number>();

function offsetAt(zone: string, at: number): number {
  const key = `${zone} ${Math.floor(at / (15 * MINUTE))}`;
  const offset = offsets.get(key) ?? offsetIn(zone, new Date(at)) ?? 0;
  offsets.set(key, offset);
  return offset;
}

const NIGHTLY = new Set(["sleep_duration", "sleep"]);

/** The day of what is said without one, and the clock that told it. */
function dayOf(
  zone: string | undefined,
  kind: string,
  [start, end]: readonly [number, number],
  said: { readonly offset?: number | null | undefined; readonly day?: string | undefined },
): { readonly day: string; readonly offset: number | null; readonly origin: string } {
  const lived = NIGHTLY.has(kind) ? end : start;
  if (said.day !== undefined) return { day: said.day, offset: said.offset ?? null, origin: "d" };
  if (said.offset != null) {
    return { day: localDateOf(new Date(lived), said.offset), offset: said.offset, origin: "r" };
  }
  if (zone === undefined) return { day: localDateOf(new Date(lived)), offset: null, origin: "u" };
  const day = localDateOf(new Date(lived), offsetAt(zone, lived));
  return { day, offset: offsetAt(zone, start), origin: "p" };
}

/** What should be stored: lines of text, as `stored` reads them, and the rollup of the samples. */
async function expected(admin: TestDatabase["admin"], collections: readonly Collection[]) {
  const metrics = new Map(
    (await admin<{ code: string; id: number }[]>`select code, id from raphael.metrics`)
      .map(({ code, id }) => [code, id]),
  );
  const sources = new Map(
    (await admin<{ account: string; person: number; source: number }[]>`
      select account_id as account, user_key as person, id as source from raphael.sources`)
      .map(({ account, ...rest }) => [account, rest]),
  );
  const samples: string[] = [];
  const sessions: string[] = [];
  const values: StoredSample[] = [];
  for (const { account, resource, zone, provider, seen } of collections) {
    const { person = 0, source = 0 } = sources.get(account.id) ?? {};
    for (const [record, at] of seen) {
      const said = statement(provider, record, at);
      const name = [account.id, resource, said.id];
      // Of two words of one record on one instant the later stands.
      const instants = new Map((said.values ?? []).map((one) => [`${one.metric} ${one.at}`, one]));
      for (const one of instants.values()) {
        const sample = sampleOf(zone, one, { person, source, metrics });
        values.push(sample.stored);
        samples.push([...name, ...sample.line].join(" "));
      }
      if (said.session) sessions.push([...name, ...sessionLine(zone, said.session)].join(" "));
    }
  }
  return { samples, sessions, days: rollUp(values) };
}

function sampleOf(
  zone: string | undefined,
  one: Value,
  { person, source, metrics }: {
    readonly person: number;
    readonly source: number;
    readonly metrics: ReadonlyMap<string, number>;
  },
) {
  const { metric = "", value, offsetMinutes, localDate, durationSeconds = 0 } = one;
  const start = Date.parse(one.at);
  const span = [start, start + durationSeconds * SECOND] as const;
  const { day, offset, origin } = dayOf(zone, metric, span, {
    offset: offsetMinutes,
    day: localDate,
  });
  const stored: StoredSample = {
    person,
    metric: metrics.get(metric) ?? 0,
    source,
    day,
    at: start * 1_000,
    value,
    duration: durationSeconds,
    offset,
  };
  return {
    stored,
    line: [metric, start / 1_000, value, durationSeconds, day, origin, offset ?? "-"],
  };
}

function sessionLine(zone: string | undefined, said: NonNullable<Statement["session"]>) {
  const span = [Date.parse(said.start_at), Date.parse(said.end_at)] as const;
  const { day, offset, origin } = dayOf(zone, said.kind, span, { offset: said.offset_minutes });
  return [said.kind, span[0] / 1_000, span[1] / 1_000, day, origin, offset ?? "-"];
}

/** What is stored, as `expected` writes it. */
async function stored({ admin }: TestDatabase) {
  const lines = async (table: string, columns: string) => {
    const rows = await admin.unsafe<{ line: string }[]>(`
      select concat_ws(' ', r.account_id, r.resource, r.external_id, ${columns}) as line
      from ${table} s join raphael_private.raw_records r on r.user_key = s.user_key and r.id = s.record_id`);
    return rows.map(({ line }) => line);
  };
  const epoch = (column: string) => `extract(epoch from ${column})::float8`;
  const clock = `local_date, day_origin, coalesce(offset_minutes::text, '-')`;
  return {
    samples: await lines(
      "raphael.samples",
      `(select m.code from raphael.metrics m where m.id = s.metric_id), ${
        epoch("start_at")
      }, value, duration_s, ${clock}`,
    ),
    sessions: await lines(
      "raphael.sessions",
      `kind, ${epoch("start_at")}, ${epoch("end_at")}, ${clock}`,
    ),
    days: await storedDays(admin),
  };
}

/** Lines of either that the other lacks. */
function different(a: readonly string[], b: readonly string[]): number {
  const [inA, inB] = [new Set(a), new Set(b)];
  const only = (lines: Set<string>, others: Set<string>) =>
    [...lines].filter((line) => !others.has(line)).length;
  // Twice the same line is no set's business.
  return only(inA, inB) + only(inB, inA) + a.length - inA.size + b.length - inB.size;
}

export interface Difference {
  readonly samples: number;
  readonly sessions: number;
  readonly days: number;
  /** Samples, sessions and days that differ. */
  readonly wrong: readonly [samples: number, sessions: number, days: number];
}

/** What the database holds against what the model says. */
export async function difference(
  database: TestDatabase,
  collections: readonly Collection[],
): Promise<Difference> {
  const should = await expected(database.admin, collections);
  const is = await stored(database);
  return {
    samples: should.samples.length,
    sessions: should.sessions.length,
    days: should.days.size,
    wrong: [
      different(should.samples, is.samples),
      different(should.sessions, is.sessions),
      differentDays(is.days, should.days).length,
    ],
  };
}
