/** A population that grows inside the server: each person brings 50,000 samples of 80 days. */
import type postgres from "postgres";

/** Of one person: glucose and heart rate every 5 minutes, steps by the hour, HRV and SpO2 a night each. */
export const SAMPLES_A_PERSON = 50_000;
const DAYS = 83;
/** The instant that all histories end at: readers ask for what was before it. */
export const NOW = new Date("2026-11-01T00:00:00Z");

const SERIES = [
  // code, minutes between two, their length in seconds, lowest, range
  ["glucose", 5, 0, 70, 110],
  ["heart_rate", 5, 0, 50, 90],
  ["steps", 60, 3_600, 0, 900],
  ["hrv_rmssd", 1_440, 0, 20, 80],
  ["spo2", 1_440, 0, 93, 6],
] as const;

/** Adds people `from` to `to` with an account and a source each, their samples and the rollup of those. */
export async function populate(sql: postgres.Sql, from: number, to: number): Promise<void> {
  await sql.unsafe(`
    insert into auth.users (id) select ${userId("n")} from generate_series(${from}, ${to - 1}) n;
    insert into raphael.people (user_id, time_zone)
    select ${userId("n")}, 'Europe/Berlin' from generate_series(${from}, ${to - 1}) n;
    insert into raphael.provider_accounts (user_key, user_id, provider, region, external_user_id, status, generation)
    select p.user_key, p.user_id, 'dexcom', '', p.user_key::text, 'active', 1
    from raphael.people p where p.user_id in (${people(from, to)});
    insert into raphael.sources (user_key, account_id, device, device_class)
    select a.user_key, a.id, 'G7', 'cgm'
    from raphael.provider_accounts a where a.user_id in (${people(from, to)})`).simple();
  for (const [code, minutes, seconds, low, range] of SERIES) {
    await sql.unsafe(`
      insert into raphael.samples
        (user_key, metric_id, start_at, source_id, record_id, value, duration_s, offset_minutes, local_date, day_origin)
      select s.user_key, m.id, t.at, s.id, n / 250 + 1, ${low} + (n * 7 + s.user_key * 13) % ${range}, ${seconds}, 60,
             (t.at at time zone 'UTC' + interval '1 hour')::date, 'p'
      from raphael.sources s
      join raphael.metrics m on m.code = '${code}'
      cross join generate_series(1, ${DAYS * 1_440 / minutes}) n
      cross join lateral (select timestamptz '${NOW.toISOString()}' - n * interval '${minutes} minutes' as at) t
      where s.user_key in (select p.user_key from raphael.people p where p.user_id in (${
      people(from, to)
    }))`);
  }
  await sql.unsafe(`
    insert into raphael.daily
      (user_key, metric_id, local_date, source_id, n, total, low, high, last, first_at, last_at, hours)
    select s.user_key, s.metric_id, s.local_date, s.source_id, count(*), sum(s.value), min(s.value), max(s.value),
           (array_agg(s.value order by s.start_at desc))[1], min(s.start_at), max(s.start_at),
           bit_or(1 << extract(hour from s.start_at at time zone 'UTC' + interval '1 hour')::int)
    from raphael.samples s
    where s.user_key in (select p.user_key from raphael.people p where p.user_id in (${
    people(from, to)
  }))
    group by 1, 2, 3, 4`);
}

export function personId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
}

const userId = (n: string) => `('00000000-0000-4000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;
const people = (from: number, to: number) =>
  `select ${userId("n")} from generate_series(${from}, ${to - 1}) n`;
