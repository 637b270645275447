-- The rollup's days, worked out anew from their samples. `ingest_records` adds to a day what is new to it,
-- and calls this for days from which anything was taken.

set role raphael_owner;

create function raphael_private.rebuild_days(
  p_user_key int,
  p_metric_ids smallint[],
  p_dates date[],
  p_source_ids int[]
) returns void
language plpgsql
security definer
set search_path = ''
-- Each day is looked up by itself, however small the table looked when this was planned.
set enable_seqscan = off
as $$
begin
  with fresh as materialized (
    select d.metric_id, d.local_date, d.source_id, s.*
    from unnest(p_metric_ids, p_dates, p_source_ids) as t (metric_id, local_date, source_id)
    join raphael.daily d
      on d.user_key = p_user_key and d.metric_id = t.metric_id and d.local_date = t.local_date
      and d.source_id = t.source_id
    cross join lateral (
      select sum(s.n)::int as n, sum(s.total) as total, min(s.low) as low, max(s.high) as high,
             (array_agg(s.last order by s.last_at desc, s.last desc))[1] as last,
             min(s.first_at) as first_at, max(s.last_at) as last_at,
             bit_or((2 << greatest(h.first, h.last)) - (1 << h.first)) as hours
      from (
        -- A day's own row bounds its samples, so that they are found through their one index.
        select 1 as n, s.value as total, s.value as low, s.value as high, s.value as last, s.start_at as first_at,
               s.start_at as last_at, s.duration_s as seconds, s.offset_minutes
        from raphael.samples s
        where s.user_key = p_user_key and s.metric_id = d.metric_id and s.source_id = d.source_id
          and s.local_date = d.local_date and s.start_at between d.first_at and d.last_at
        union all
        select t.n, t.total, t.low, t.high, t.last, t.bucket_at, t.last_at, t.seconds, t.offset_minutes
        from raphael.tiers t
        where t.user_key = p_user_key and t.metric_id = d.metric_id and t.seconds in (300, 3600)
          and t.source_id = d.source_id and t.local_date = d.local_date
          and t.bucket_at between d.first_at - interval '1 hour' and d.last_at
      ) s
      cross join lateral (
        select date_part('epoch', s.first_at at time zone 'UTC' - d.local_date::timestamp)
               + 60 * coalesce(s.offset_minutes, 0) as start
      ) l
      -- The hours of the day that it begins and ends in: a night began the day before.
      cross join lateral (
        select least(greatest(floor(l.start / 3600), 0), 23)::int as first,
               least(greatest(ceil((l.start + s.seconds) / 3600) - 1, 0), 23)::int as last
      ) h
    ) s
  ), emptied as (
    delete from raphael.daily d
    using fresh f
    where f.n is null and d.user_key = p_user_key and d.metric_id = f.metric_id
      and d.local_date = f.local_date and d.source_id = f.source_id
  )
  update raphael.daily d
  set n = f.n, total = f.total, low = f.low, high = f.high, last = f.last, first_at = f.first_at,
      last_at = f.last_at, hours = f.hours
  from fresh f
  where f.n > 0 and d.user_key = p_user_key and d.metric_id = f.metric_id
    and d.local_date = f.local_date and d.source_id = f.source_id;
end
$$;
comment on function raphael_private.rebuild_days(int, smallint[], date[], int[]) is
  'Days of the rollup, each a metric, local day and source, worked out anew; one without samples goes';

reset role;
