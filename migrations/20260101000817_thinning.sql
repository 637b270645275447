-- Thins old samples as raphael_private.sample_retention says: by whole local days, so that each day's row of
-- raphael.daily stays what it is.

set role raphael_owner;

create function raphael_private.begin_thinning() returns void
language sql
security definer
set search_path = ''
as $$
  update raphael_private.sample_retention t
  set thinned_before = (now() at time zone 'UTC')::date - t.raw_days
  where t.thinned_before < (now() at time zone 'UTC')::date - t.raw_days
$$;
comment on function raphael_private.begin_thinning() is
  'Settles the days that are to be thinned. Committed before the first of them is, so that no correction comes in between';
grant execute on function raphael_private.begin_thinning() to raphael_app;

create function raphael_private.thinning_due() returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select from raphael_private.sample_retention t
    where t.thinned_before < (now() at time zone 'UTC')::date - t.raw_days
  )
$$;
comment on function raphael_private.thinning_due() is 'Whether another day is to be thinned: once a day, where anything is';
grant execute on function raphael_private.thinning_due() to raphael_app;

-- What is thinned of a person's metric. Days, nights, sessions and scores are one value already, and beats
-- (aggregate none) are no values of a time.
create view raphael_private.thinned_metrics with (security_invoker = true) as
select m.id as metric_id, t.thinned_before,
       (now() at time zone 'UTC')::date - t.minutes5_days as minutes5_before,
       (now() at time zone 'UTC')::date - t.hourly_days as hourly_before
from raphael_private.sample_retention t
join raphael.metrics m on m.category = t.category
where m.kind in ('instant', 'interval') and m.aggregate <> 'none' and t.thinned_before > '-infinity';
comment on view raphael_private.thinned_metrics is
  'Metrics of which samples are thinned, and before which local day they are buckets of 5 minutes, hours, or gone';

create function raphael_private.next_to_thin(p_after int, p_most int) returns table (user_key int, due boolean)
language sql
stable
security definer
set search_path = ''
as $$
  with scanned as (
    select p.user_key,
           exists (
             select from raphael_private.thinned_metrics t
             where exists (
                 select from raphael.samples s
                 join raphael.sources src on src.user_key = s.user_key and src.id = s.source_id
                 where s.user_key = p.user_key and s.metric_id = t.metric_id and s.start_at < t.thinned_before + 2
                   and s.local_date < t.thinned_before and src.statistic = '' and not src.daily_total
               )
               or exists (
                 select from raphael.tiers b
                 where b.user_key = p.user_key and b.metric_id = t.metric_id
                   and (b.seconds = 300 and b.local_date < t.minutes5_before
                     or b.seconds = 3600 and b.local_date < t.hourly_before)
               )
           ) as due
    from (select p.user_key from raphael.people p where p.user_key > p_after order by p.user_key limit p_most) p
  )
  select s.user_key, s.due from scanned s
  order by s.due desc, case when s.due then s.user_key else -s.user_key end
  limit 1
$$;
comment on function raphael_private.next_to_thin(int, int) is
  'Of the next so many people the first of whom anything is to be thinned; else the last of them, not due; nobody at the end';
grant execute on function raphael_private.next_to_thin(int, int) to raphael_app;

create function raphael_private.thin_person(p_user_key int, p_most int) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_samples int;
begin
  -- Writers of the same days take turns, as `ingest_records` says.
  perform pg_advisory_xact_lock(hashtextextended(a.id::text, 0))
  from (select a.id from raphael.provider_accounts a where a.user_key = p_user_key order by a.id) a;

  with due as materialized (
    select s.metric_id, s.start_at, s.source_id, s.record_id
    from raphael_private.thinned_metrics t
    join raphael.samples s
      on s.user_key = p_user_key and s.metric_id = t.metric_id and s.start_at < t.thinned_before + 2
      and s.local_date < t.thinned_before
    join raphael.sources src on src.user_key = s.user_key and src.id = s.source_id
    where src.statistic = '' and not src.daily_total
    limit p_most
  ), gone as (
    delete from raphael.samples s
    using due d
    where s.user_key = p_user_key and s.metric_id = d.metric_id and s.start_at = d.start_at
      and s.source_id = d.source_id and s.record_id = d.record_id
    returning s.metric_id, s.start_at, s.source_id, s.value, s.local_date, s.offset_minutes
  ), kept as (
    insert into raphael.tiers as b
      (user_key, metric_id, seconds, bucket_at, source_id, local_date, n, total, low, high, last, last_at, offset_minutes)
    select p_user_key, g.metric_id, 300, date_bin('5 minutes', g.start_at, 'epoch'), g.source_id, g.local_date, count(*),
           sum(g.value), min(g.value), max(g.value),
           (array_agg(g.value order by g.start_at desc, g.value desc))[1], max(g.start_at),
           (array_agg(g.offset_minutes order by g.start_at desc, g.value desc))[1]
    from gone g
    group by g.metric_id, date_bin('5 minutes', g.start_at, 'epoch'), g.source_id, g.local_date
    on conflict (user_key, metric_id, seconds, bucket_at, source_id, local_date) do update
      set n = b.n + excluded.n, total = b.total + excluded.total, low = least(b.low, excluded.low),
          high = greatest(b.high, excluded.high),
          last = case
            when excluded.last_at > b.last_at then excluded.last
            when excluded.last_at < b.last_at then b.last
            else greatest(b.last, excluded.last)
          end,
          last_at = greatest(b.last_at, excluded.last_at)
  )
  select count(*) into v_samples from gone g;

  with gone as (
    delete from raphael.tiers b
    using raphael_private.thinned_metrics t
    where b.user_key = p_user_key and b.metric_id = t.metric_id and b.seconds = 300 and b.local_date < t.minutes5_before
    returning b.*
  )
  insert into raphael.tiers as b
    (user_key, metric_id, seconds, bucket_at, source_id, local_date, n, total, low, high, last, last_at, offset_minutes)
  select p_user_key, g.metric_id, 3600, date_bin('1 hour', g.bucket_at, 'epoch'), g.source_id, g.local_date, sum(g.n),
         sum(g.total), min(g.low), max(g.high),
         (array_agg(g.last order by g.last_at desc, g.last desc))[1], max(g.last_at),
         (array_agg(g.offset_minutes order by g.last_at desc, g.last desc))[1]
  from gone g
  group by g.metric_id, date_bin('1 hour', g.bucket_at, 'epoch'), g.source_id, g.local_date
  on conflict (user_key, metric_id, seconds, bucket_at, source_id, local_date) do update
    set n = b.n + excluded.n, total = b.total + excluded.total, low = least(b.low, excluded.low),
        high = greatest(b.high, excluded.high),
        last = case
          when excluded.last_at > b.last_at then excluded.last
          when excluded.last_at < b.last_at then b.last
          else greatest(b.last, excluded.last)
        end,
        last_at = greatest(b.last_at, excluded.last_at);

  delete from raphael.tiers b
  using raphael_private.thinned_metrics t
  where b.user_key = p_user_key and b.metric_id = t.metric_id and b.seconds = 3600 and b.local_date < t.hourly_before;

  return v_samples;
end
$$;
comment on function raphael_private.thin_person(int, int) is
  'Thins so many of a person''s old samples, and their buckets that have become old; how many samples';
grant execute on function raphael_private.thin_person(int, int) to raphael_app;

create function raphael_private.forget_thinned(p_user_key int, p_account_id uuid, p_record_ids bigint[]) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_metrics smallint[];
  v_dates date[];
  v_sources int[];
begin
  -- Whose value a bucket or a day holds is not known any more: what was deleted takes along what covers its
  -- time. A day is worked out anew from what there is left of it.
  with gone as (
    delete from raphael.tiers b
    using raphael_private.raw_records r, raphael.sources src
    where r.user_key = p_user_key and r.id = any (p_record_ids) and r.deleted_at is not null
      and src.user_key = p_user_key and src.account_id = p_account_id
      and b.user_key = p_user_key and b.metric_id = any (r.sample_metrics) and b.source_id = src.id
      and b.bucket_at > r.sample_from - make_interval(secs => b.seconds) and b.bucket_at <= r.sample_to
    returning b.metric_id, b.local_date, b.source_id
  )
  select array_agg(d.metric_id), array_agg(d.local_date), array_agg(d.source_id) into v_metrics, v_dates, v_sources
  from (
    select g.metric_id, g.local_date, g.source_id from gone g
    union
    select d.metric_id, d.local_date, d.source_id
    from raphael_private.raw_records r
    join raphael.sources src on src.user_key = p_user_key and src.account_id = p_account_id
    join raphael.daily d
      on d.user_key = p_user_key and d.metric_id = any (r.sample_metrics) and d.source_id = src.id
      and d.first_at <= r.sample_to and d.last_at >= r.sample_from
    join raphael_private.thinned_metrics t on t.metric_id = d.metric_id and d.local_date < t.thinned_before
    where r.user_key = p_user_key and r.id = any (p_record_ids) and r.deleted_at is not null
  ) d;
  perform raphael_private.rebuild_days(p_user_key, v_metrics, v_dates, v_sources);
end
$$;
comment on function raphael_private.forget_thinned(int, uuid, bigint[]) is
  'Takes along the buckets and thinned days of an account that cover the time of records that were deleted';

reset role;
