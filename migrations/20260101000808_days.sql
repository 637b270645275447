-- The rollup's days, worked out anew from their samples. `ingest_records` adds to a day what is new to it,
-- and calls this for days from which anything was taken.

set role raphael_owner;

create function raphael_private.rebuild_days(
  p_user_key int,
  p_metric_ids smallint[],
  p_dates date[],
  p_source_ids int[]
) returns void
language sql
security definer
set search_path = ''
as $$
  with fresh as materialized (
    select d.metric_id, d.local_date, d.source_id, s.*
    from unnest(p_metric_ids, p_dates, p_source_ids) as t (metric_id, local_date, source_id)
    join raphael.daily d
      on d.user_key = p_user_key and d.metric_id = t.metric_id and d.local_date = t.local_date
      and d.source_id = t.source_id
    cross join lateral (
      select count(*)::int as n, sum(s.value) as total, min(s.value) as low, max(s.value) as high,
             (array_agg(s.value order by s.start_at desc, s.value desc))[1] as last,
             min(s.start_at) as first_at, max(s.start_at) as last_at,
             bit_or((2 << greatest(h.first, h.last)) - (1 << h.first)) as hours
      from raphael.samples s
      cross join lateral (
        select date_part('epoch', s.start_at at time zone 'UTC' - s.local_date::timestamp)
               + 60 * coalesce(s.offset_minutes, 0) as seconds
      ) l
      -- The hours of the day that it begins and ends in: a night began the day before.
      cross join lateral (
        select least(greatest(floor(l.seconds / 3600), 0), 23)::int as first,
               least(greatest(ceil((l.seconds + s.duration_s) / 3600) - 1, 0), 23)::int as last
      ) h
      -- A day's own row bounds its samples, so that they are found through their one index.
      where s.user_key = p_user_key and s.metric_id = d.metric_id and s.source_id = d.source_id
        and s.local_date = d.local_date and s.start_at between d.first_at and d.last_at
    ) s
  ), emptied as (
    delete from raphael.daily d
    using fresh f
    where f.n = 0 and d.user_key = p_user_key and d.metric_id = f.metric_id
      and d.local_date = f.local_date and d.source_id = f.source_id
  )
  update raphael.daily d
  set n = f.n, total = f.total, low = f.low, high = f.high, last = f.last, first_at = f.first_at,
      last_at = f.last_at, hours = f.hours
  from fresh f
  where f.n > 0 and d.user_key = p_user_key and d.metric_id = f.metric_id
    and d.local_date = f.local_date and d.source_id = f.source_id
$$;
comment on function raphael_private.rebuild_days(int, smallint[], date[], int[]) is
  'Days of the rollup, each a metric, local day and source, worked out anew; one without samples goes';

reset role;
