/** Tables beside the product's own: `samples` without its index, and the seed's layout as it deploys it. */
import { PEOPLE } from "./told.ts";

/**
 * The seed's `health_metrics`: text, numeric and jsonb a row with the two indexes of its migration. It
 * cannot tell a value that it has already; `seed_unique` adds the index that it would take.
 */
export const TABLES = `
  create table bench.samples_plain (like raphael.samples);
  create table bench.samples_indexed (like raphael.samples including indexes);
  create table bench.health_metrics (
    id bigserial primary key, user_id uuid not null, source text not null, metric text not null,
    value numeric not null, unit text, ts timestamptz not null, raw jsonb);
  create index on bench.health_metrics (user_id, metric, ts desc);
  create index on bench.health_metrics (user_id, ts desc);
  create table bench.seed_unique (like bench.health_metrics including all);
  create unique index on bench.seed_unique (user_id, source, metric, ts)`;

/** Everything that a round wrote. */
export const RESET = `
  truncate raphael.samples, raphael.daily, raphael.sources, raphael_private.raw_records,
    bench.samples_plain, bench.samples_indexed, bench.health_metrics, bench.seed_unique;
  checkpoint`;

/** Bytes of tables with their indexes and what is stored out of line. */
export const sizeOf = (...tables: readonly string[]) =>
  tables.map((table) => `pg_total_relation_size('${table}')`).join(" + ");

/** The same values in the order of arrival: a page of each person in turn. */
export const fillSeed = (table: string, rows: number, batch: number, raw: boolean) => `
  insert into ${table} (user_id, source, metric, value, unit, ts, raw)
  select ('00000000-0000-4000-8000-' || lpad(v.person::text, 12, '0'))::uuid, 'OURA', 'HEART_RATE',
         55 + (v.n * 7 + v.person * 13) % 60, 'bpm', v.at,
         ${
  raw
    ? `jsonb_build_object('bpm', 55 + (v.n * 7 + v.person * 13) % 60, 'source', 'awake', 'timestamp', v.at)`
    : "null"
}
  from ${arrivals(rows, batch)} v`;

function arrivals(rows: number, batch: number): string {
  return `(
    select b % ${PEOPLE} as person, (b / ${PEOPLE}) * ${batch} + i as n,
           timestamptz '2026-01-01Z' + ((b / ${PEOPLE}) * ${batch} + i) * interval '5 minutes' as at
    from generate_series(0, ${Math.ceil(rows / batch) - 1}) b, generate_series(0, ${batch - 1}) i
  )`;
}
