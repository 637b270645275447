-- Zones date what has no offset of its own. When one changes, what it dated is dated anew.

set role raphael_owner;

create function raphael_private.set_time_zone(p_user_id uuid, p_zone text) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_key int := raphael_private.person_key(p_user_id);
begin
  if p_zone is not null and raphael_private.known_zone(p_zone) is null then
    raise exception 'time zone unknown to this database' using errcode = 'invalid_parameter_value';
  end if;
  -- Waits for the batches that were dated by the zone as it was.
  update raphael.people p set time_zone = p_zone
  where p.user_key = v_user_key and p.time_zone is distinct from p_zone;
  return found;
end
$$;
comment on function raphael_private.set_time_zone(uuid, text) is
  'The zone that a person chooses, null for none; true where it changed: enqueue `metrics.redate` in the same transaction';
grant execute on function raphael_private.set_time_zone(uuid, text) to raphael_app;

create function raphael_private.set_account_zone(p_account_id uuid, p_zone text) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_key int;
begin
  update raphael.provider_accounts a set time_zone = raphael_private.known_zone(p_zone)
  where a.id = p_account_id and a.time_zone is distinct from raphael_private.known_zone(p_zone)
    and raphael_private.known_zone(p_zone) is not null
  returning a.user_key into v_user_key;
  return exists (
    select from raphael.sources s where s.user_key = v_user_key and s.account_id = p_account_id
  );
end
$$;
comment on function raphael_private.set_account_zone(uuid, text) is
  'The zone of the provider''s profile, where this database knows it; true where it changed and readings came before: enqueue `metrics.redate` in the same transaction';
grant execute on function raphael_private.set_account_zone(uuid, text) to raphael_app;

create function raphael_private.zones_of(p_user_key int)
returns table (account_id uuid, zone text, origin "char")
language sql
stable
security definer
set search_path = ''
as $$
  select z.id, coalesce(z.person, z.account),
         (case when z.person is not null then 'p' when z.account is not null then 'a' else 'u' end)::"char"
  from (
    select a.id, raphael_private.known_zone(p.time_zone) as person, raphael_private.known_zone(a.time_zone) as account
    from raphael.people p
    join raphael.provider_accounts a on a.user_key = p.user_key
    where p.user_key = p_user_key
  ) z
$$;
comment on function raphael_private.zones_of(int) is
  'The zone of each of a person''s accounts that dates readings without an offset of their own, and whose it is: p the person''s, a the account''s; u where there is none';

create function raphael_private.redate_sessions(p_user_id uuid) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_count int;
begin
  with zoned as (
    select s.user_key, s.kind, s.record_id, s.session_id, z.origin,
           (date_part('epoch', s.start_at at time zone z.zone - s.start_at at time zone 'UTC') / 60)::smallint
             as offset_minutes,
           ((case s.kind when 'sleep' then s.end_at else s.start_at end) at time zone coalesce(z.zone, 'UTC'))::date
             as local_date
    from raphael.people p
    cross join lateral raphael_private.zones_of(p.user_key) z
    join raphael.sources src on src.user_key = p.user_key and src.account_id = z.account_id
    join raphael.sessions s on s.user_key = p.user_key and s.source_id = src.id
    where p.user_id = p_user_id and s.day_origin in ('p', 'a', 'u')
  )
  update raphael.sessions s
  set offset_minutes = z.offset_minutes, local_date = z.local_date, day_origin = z.origin
  from zoned z
  where s.user_key = z.user_key and s.kind = z.kind and s.record_id = z.record_id and s.session_id = z.session_id
    and (s.offset_minutes, s.local_date, s.day_origin) is distinct from (z.offset_minutes, z.local_date, z.origin);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function raphael_private.redate_sessions(uuid) is
  'Dates a person''s sessions without an offset of their own by the zones as they are; how many that changed';
grant execute on function raphael_private.redate_sessions(uuid) to raphael_app;

create function raphael_private.sample_place(
  p_user_id uuid,
  p_metric_id smallint,
  p_start_at timestamptz,
  p_source_id int,
  p_record_id bigint,
  p_skip int
) returns table (metric_id smallint, start_at timestamptz, source_id int, record_id bigint)
language sql
stable
security definer
set search_path = ''
as $$
  select s.metric_id, s.start_at, s.source_id, s.record_id
  from raphael.samples s
  where s.user_key = (select p.user_key from raphael.people p where p.user_id = p_user_id)
    and (s.metric_id, s.start_at, s.source_id, s.record_id) > (p_metric_id, p_start_at, p_source_id, p_record_id)
  order by s.metric_id, s.start_at, s.source_id, s.record_id
  offset p_skip limit 1
$$;
comment on function raphael_private.sample_place(uuid, smallint, timestamptz, int, bigint, int) is
  'The person''s sample after this one and so many more, in the order of the samples'' index; none where they end before';
grant execute on function raphael_private.sample_place(uuid, smallint, timestamptz, int, bigint, int) to raphael_app;

create function raphael_private.redate_samples(
  p_user_id uuid,
  p_metric_id smallint,
  p_start_at timestamptz,
  p_source_id int,
  p_record_id bigint,
  p_until_metric_id smallint,
  p_until_start_at timestamptz,
  p_until_source_id int,
  p_until_record_id bigint
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_key int;
  v_count int;
  v_metrics smallint[];
  v_dates date[];
  v_sources int[];
begin
  select p.user_key into v_user_key from raphael.people p where p.user_id = p_user_id;
  -- Writers of the same days take turns, as `ingest_records` says.
  perform pg_advisory_xact_lock(hashtextextended(a.id::text, 0))
  from (select a.id from raphael.provider_accounts a where a.user_key = v_user_key order by a.id) a;

  with part as materialized (
    select s.metric_id, s.start_at, s.source_id, s.record_id, s.value, s.duration_s, s.offset_minutes, s.local_date,
           s.day_origin
    from raphael.samples s
    where s.user_key = v_user_key
      and (s.metric_id, s.start_at, s.source_id, s.record_id) > (p_metric_id, p_start_at, p_source_id, p_record_id)
      and (s.metric_id, s.start_at, s.source_id, s.record_id)
        <= (p_until_metric_id, p_until_start_at, p_until_source_id, p_until_record_id)
      and s.day_origin in ('p', 'a', 'u')
  ), zoned as materialized (
    select t.metric_id, t.start_at, t.source_id, t.record_id, t.value, t.local_date as old_date, z.origin,
           (date_part('epoch', t.start_at at time zone z.zone - t.start_at at time zone 'UTC') / 60)::smallint
             as offset_minutes,
           ((t.start_at + case
              when m.category = 'sleep' or src.statistic = 'nightly_average' then make_interval(secs => t.duration_s)
              else interval '0'
            end) at time zone coalesce(z.zone, 'UTC'))::date as local_date,
           t.offset_minutes as old_offset, t.day_origin as old_origin
    from part t
    join raphael.sources src on src.user_key = v_user_key and src.id = t.source_id
    join raphael_private.zones_of(v_user_key) z on z.account_id = src.account_id
    join raphael.metrics m on m.id = t.metric_id
  ), changed as materialized (
    select z.* from zoned z
    where (z.old_offset, z.old_date, z.old_origin) is distinct from (z.offset_minutes, z.local_date, z.origin)
  ), dated as (
    update raphael.samples s
    set offset_minutes = c.offset_minutes, local_date = c.local_date, day_origin = c.origin
    from changed c
    where s.user_key = v_user_key and s.metric_id = c.metric_id and s.start_at = c.start_at
      and s.source_id = c.source_id and s.record_id = c.record_id
  ), reached as (
    -- A day to be worked out anew has to know where its samples are.
    insert into raphael.daily as d
      (user_key, metric_id, local_date, source_id, n, total, low, high, last, first_at, last_at, hours)
    select v_user_key, c.metric_id, c.local_date, c.source_id, count(*), 0, 0, 0, 0, min(c.start_at), max(c.start_at), 0
    from changed c
    group by c.metric_id, c.local_date, c.source_id
    on conflict (user_key, metric_id, local_date, source_id) do update
      set first_at = least(d.first_at, excluded.first_at), last_at = greatest(d.last_at, excluded.last_at)
  ), days as (
    select c.metric_id, c.old_date as local_date, c.source_id from changed c
    union
    select c.metric_id, c.local_date, c.source_id from changed c
  )
  select array_agg(y.metric_id), array_agg(y.local_date), array_agg(y.source_id), (select count(*) from changed)
  into v_metrics, v_dates, v_sources, v_count
  from days y;
  perform raphael_private.rebuild_days(v_user_key, v_metrics, v_dates, v_sources);
  return v_count;
end
$$;
comment on function
  raphael_private.redate_samples(uuid, smallint, timestamptz, int, bigint, smallint, timestamptz, int, bigint) is
  'Dates the samples from one place to another that have no offset of their own by the zones as they are, and works their days out anew; how many changed';
grant execute on function
  raphael_private.redate_samples(uuid, smallint, timestamptz, int, bigint, smallint, timestamptz, int, bigint)
  to raphael_app;

reset role;
