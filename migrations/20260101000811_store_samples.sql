-- The second step of ingest: what the changed records mean. Called by `ingest_records`, which holds the account.

set role raphael_owner;

create function raphael_private.store_samples(
  p_user_key int,
  p_zone text,
  p_zone_origin "char",
  p_ids bigint[],
  p_places int[],
  p_known boolean[],
  p_metric_ids smallint[],
  p_settled_metrics smallint[],
  p_settled_days date[],
  p_source_ids int[],
  p_statistics text[],
  p_scales text[],
  p_series_record int[],
  p_series_metric int[],
  p_series_source int[],
  p_series_duration int[],
  p_series_offset smallint[],
  p_series_date date[],
  p_sample_series int[],
  p_starts float8[],
  p_values float8[],
  out stored int,
  out refused int
)
language plpgsql
security definer
set search_path = ''
-- How long the arrays are nobody tells the planner: it would walk one for each element of another. And rows
-- come out of a merge as they came, in the order of time, which is how an index is filled best.
set enable_nestloop = off
set enable_hashjoin = off
as $$
begin
  with series as materialized (
    select n.place, r.id as record_id, m.id as metric_id, p_source_ids[n.source] as source_id, n.duration_s,
           n.offset_minutes, n.local_date,
           case when n.local_date is not null then 'd' when n.offset_minutes is not null then 'r'
                else p_zone_origin end as day_origin,
           n.offset_minutes is null and n.local_date is null and p_zone is not null as zoned, l.seconds as lived_after,
           (l.seconds + 60 * coalesce(n.offset_minutes, 0))::float8 as clock,
           -- A score is held to its own scale, by its driver.
           case when p_scales[n.source] = '' then m.plausible_low else '-infinity' end as low,
           case when p_scales[n.source] = '' then m.plausible_high else 'infinity' end as high,
           -- Of records that were known then, a day that was thinned takes nothing.
           case when r.known then coalesce(t.day, '-infinity') else '-infinity' end as settled_before
    from unnest(
      p_series_record, p_series_metric, p_series_source, p_series_duration, p_series_offset, p_series_date
    ) with ordinality as n (record, metric, source, duration_s, offset_minutes, local_date, place)
    join unnest(p_ids, p_places, p_known) as r (id, place, known) on r.place = n.record
    join raphael.metrics m on m.id = p_metric_ids[n.metric]
    left join unnest(p_settled_metrics, p_settled_days) as t (id, day) on t.id = m.id
    -- A night belongs to the day of waking.
    cross join lateral (
      select case
        when m.category = 'sleep' or p_statistics[n.source] = 'nightly_average' then n.duration_s else 0
      end as seconds
    ) l
  ), told as materialized (
    select
      g.metric_id, n.at, g.source_id, g.record_id, n.value, g.duration_s, g.day_origin, g.settled_before,
      n.value between g.low and g.high as plausible,
      case
        when g.zoned
        then (date_part('epoch', to_timestamp(n.at) at time zone p_zone - to_timestamp(n.at) at time zone 'UTC') / 60)::smallint
        else g.offset_minutes
      end as offset_minutes,
      case
        when g.zoned then (to_timestamp(n.at + g.lived_after) at time zone p_zone)::date
        else coalesce(g.local_date, date '1970-01-01' + floor((n.at + g.clock) / 86400)::int)
      end as local_date
    from unnest(p_sample_series, p_starts, p_values) as n (series, at, value)
    join series g on g.place = n.series
  ), added as (
    insert into raphael.samples
      (user_key, metric_id, start_at, source_id, record_id, value, duration_s, offset_minutes, local_date, day_origin)
    select p_user_key, t.metric_id, to_timestamp(t.at), t.source_id, t.record_id, t.value, t.duration_s,
           t.offset_minutes, t.local_date, t.day_origin
    from told t
    where t.plausible and t.local_date >= t.settled_before
  ), counted as (
    -- As `rebuild_days` counts.
    insert into raphael.daily as d
      (user_key, metric_id, local_date, source_id, n, total, low, high, last, first_at, last_at, hours)
    select p_user_key, t.metric_id, t.local_date, t.source_id, count(*), sum(t.value), min(t.value), max(t.value),
           (max(array[t.at, t.value]))[2], to_timestamp(min(t.at)), to_timestamp(max(t.at)),
           bit_or((2 << greatest(h.first, h.last)) - (1 << h.first))
    from told t
    cross join lateral (
      select t.at + 60 * coalesce(t.offset_minutes, 0) - 86400.0::float8 * (t.local_date - date '1970-01-01') as seconds
    ) l
    cross join lateral (
      select least(greatest(floor(l.seconds / 3600), 0), 23)::int as first,
             least(greatest(ceil((l.seconds + t.duration_s) / 3600) - 1, 0), 23)::int as last
    ) h
    where t.plausible and t.local_date >= t.settled_before
    group by t.metric_id, t.local_date, t.source_id
    on conflict (user_key, metric_id, local_date, source_id) do update
      set n = d.n + excluded.n, total = d.total + excluded.total,
          low = least(d.low, excluded.low), high = greatest(d.high, excluded.high),
          last = case
            when excluded.last_at > d.last_at then excluded.last
            when excluded.last_at < d.last_at then d.last
            else greatest(d.last, excluded.last)
          end,
          first_at = least(d.first_at, excluded.first_at), last_at = greatest(d.last_at, excluded.last_at),
          hours = d.hours | excluded.hours
  )
  select (count(*) filter (where t.plausible and t.local_date >= t.settled_before))::int,
         (count(*) filter (where not t.plausible))::int
  into stored, refused
  from told t;
end
$$;
comment on function raphael_private.store_samples(
  int, text, "char", bigint[], int[], boolean[], smallint[], smallint[], date[], int[], text[], text[], int[], int[],
  int[], int[], smallint[], date[], int[], float8[], float8[]
) is 'Stores samples of changed records and adds them to their days; how many, and how many were out of range';

create function raphael_private.store_sessions(
  p_user_key int,
  p_zone text,
  p_zone_origin "char",
  p_ids bigint[],
  p_places int[],
  p_source_ids int[],
  p_sessions json
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into raphael.sessions
    (user_key, record_id, kind, session_id, source_id, start_at, end_at, offset_minutes, local_date, day_origin, type,
     is_nap, measures, stages, laps)
  select p_user_key, r.id, n.kind, n.session_id, p_source_ids[n.source], n.start_at, n.end_at,
         coalesce(n.offset_minutes, case when n.local_date is null then z.offset_minutes end),
         coalesce(n.local_date, case when n.offset_minutes is null then z.local_date end,
           (l.lived_at at time zone 'UTC' + make_interval(mins => coalesce(n.offset_minutes, 0)))::date),
         case when n.local_date is not null then 'd' when n.offset_minutes is not null then 'r' else p_zone_origin end,
         n.type, n.is_nap, n.measures, n.stages, n.laps
  from json_to_recordset(p_sessions) as n (
    record int, kind text, session_id text, source int, start_at timestamptz, end_at timestamptz,
    offset_minutes smallint, local_date date, type text, is_nap boolean, measures jsonb, stages jsonb, laps jsonb
  )
  join unnest(p_ids, p_places) as r (id, place) on r.place = n.record
  cross join lateral (select case n.kind when 'sleep' then n.end_at else n.start_at end as lived_at) l
  cross join lateral (
    select (date_part('epoch', n.start_at at time zone p_zone - n.start_at at time zone 'UTC') / 60)::smallint
             as offset_minutes,
           (l.lived_at at time zone p_zone)::date as local_date
  ) z
  on conflict do nothing;
end
$$;
comment on function raphael_private.store_sessions(int, text, "char", bigint[], int[], int[], json) is
  'Stores sessions of changed records';

reset role;
