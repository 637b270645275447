-- The one writer of records, samples and sessions. Errors: RH002 the account is closed to this writer.

set role raphael_owner;

create function raphael_private.ingest_records(
  p_account_id uuid,
  p_generation int,
  p_records json,
  p_sources json,
  p_metrics text[],
  p_series json,
  p_sample_series int[],
  p_starts float8[],
  p_values float8[],
  p_sessions json
) returns table (changed int, stored int, refused int)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_user_key int;
  v_zone text;
  v_zone_origin "char";
  v_metric_ids smallint[];
  v_ids bigint[];
  v_ordinals int[];
  v_known boolean[];
  v_settled_metrics smallint[];
  v_settled_days date[];
  v_gone_metrics smallint[];
  v_gone_dates date[];
  v_gone_sources int[];
begin
  -- Held until commit: disconnecting, relinking, deletion and another zone wait for us, or we see them and
  -- stop. The person first, as whoever deletes them does.
  select a.user_key, coalesce(z.person, z.account),
         case when z.person is not null then 'p' when z.account is not null then 'a' else 'u' end
  into v_user_key, v_zone, v_zone_origin
  from raphael.people p
  join raphael.provider_accounts a on a.user_key = p.user_key
  cross join lateral (
    select raphael_private.known_zone(p.time_zone) as person, raphael_private.known_zone(a.time_zone) as account
  ) z
  where a.id = p_account_id and a.generation = p_generation and a.status = 'active'
  for share of p, a;
  if not found then
    raise exception 'account closed to this writer' using errcode = 'RH002';
  end if;

  -- Batches of one account take turns: without it two could think a new record theirs, and add to a day
  -- that the other works out anew.
  perform pg_advisory_xact_lock(hashtextextended(p_account_id::text, 0));

  select array_agg(coalesce(m.id, 0) order by n.ordinal) into v_metric_ids
  from unnest(p_metrics) with ordinality as n (code, ordinal)
  left join raphael.metrics m on m.code = n.code;

  -- Days that were thinned are settled: of records that were known, only their deletion changes them.
  select array_agg(m.id), array_agg(t.thinned_before) into v_settled_metrics, v_settled_days
  from raphael_private.sample_retention t
  join raphael.metrics m on m.category = t.category
  where t.thinned_before > '-infinity';

  with incoming as (
    -- A batch may hold one record twice; the newest version, then the last one, stands for it. What the
    -- others mean is left out, because samples and sessions name their record by its ordinal.
    select distinct on (n.resource, n.id)
      n.ordinal, n.resource, n.id as external_id, coalesce(n.version, '-infinity') as source_version, n.observed_at,
      n.deleted, case when n.deleted then null else n.raw end as payload, n.quarantine,
      (select array_agg(v_metric_ids[i]) from unnest(n.metrics) i) as sample_metrics,
      to_timestamp(n.first) as sample_from, to_timestamp(n.last) as sample_to,
      now() + make_interval(days => n.keep_days) as expires_at
    from json_to_recordset(p_records) as n (
      ordinal int, resource text, id text, version timestamptz, observed_at timestamptz, deleted boolean, raw json,
      quarantine text[], metrics int[], first float8, last float8, keep_days int
    )
    order by n.resource, n.id, n.version desc nulls last, n.observed_at desc, n.ordinal desc
  ), old as (
    select r.id, r.resource, r.external_id, r.payload, r.deleted_at, r.quarantine, r.sample_metrics, r.sample_from,
           r.sample_to
    from incoming i
    join raphael_private.raw_records r
      on r.user_key = v_user_key and r.account_id = p_account_id and r.resource = i.resource
      and r.external_id = i.external_id
  ), upserted as (
    insert into raphael_private.raw_records as r
      (user_key, account_id, resource, external_id, source_version, observed_at, payload, deleted_at, quarantine,
       sample_metrics, sample_from, sample_to, expires_at)
    select v_user_key, p_account_id, i.resource, i.external_id, i.source_version, i.observed_at, i.payload,
           case when i.deleted then now() end, i.quarantine, i.sample_metrics, i.sample_from, i.sample_to,
           i.expires_at
    from incoming i
    on conflict (user_key, account_id, resource, external_id) do update
      set source_version = excluded.source_version, observed_at = excluded.observed_at,
          -- The very same value where nothing changed: what is stored out of line is then not written anew.
          payload = case when r.payload::text = excluded.payload::text then r.payload else excluded.payload end,
          quarantine = excluded.quarantine, expires_at = excluded.expires_at,
          -- Where its samples are. Of what is deleted or was thinned it stays known where they were.
          sample_metrics = case
            when excluded.deleted_at is not null then r.sample_metrics
            when v_settled_metrics is null then excluded.sample_metrics
            else array(select unnest(r.sample_metrics) union select unnest(excluded.sample_metrics))
          end,
          sample_from = case
            when excluded.deleted_at is not null then r.sample_from
            when v_settled_metrics is null then excluded.sample_from
            else least(r.sample_from, excluded.sample_from)
          end,
          sample_to = case
            when excluded.deleted_at is not null then r.sample_to
            when v_settled_metrics is null then excluded.sample_to
            else greatest(r.sample_to, excluded.sample_to)
          end,
          deleted_at = case when excluded.deleted_at is null then null else coalesce(r.deleted_at, excluded.deleted_at) end
      -- Who says that a record is gone knows no version of it: then the time alone decides, both ways.
      where case
        when (excluded.deleted_at is not null and excluded.source_version = '-infinity')
          or (r.deleted_at is not null and r.source_version = '-infinity')
        then excluded.observed_at >= r.observed_at
        else (excluded.source_version, excluded.observed_at) >= (r.source_version, r.observed_at)
      end
    returning r.id, r.resource, r.external_id
  ), changed as (
    select u.id, i.ordinal, o.id is not null as known, i.deleted, o.sample_metrics, o.sample_from, o.sample_to
    from upserted u
    join incoming i on i.resource = u.resource and i.external_id = u.external_id
    left join old o on o.id = u.id
    where o.id is null
      or o.payload::text is distinct from i.payload::text
      or o.quarantine is distinct from i.quarantine
      or (o.deleted_at is not null) <> i.deleted
  ), gone_samples as (
    delete from raphael.samples s
    using changed c
    where s.user_key = v_user_key and s.metric_id = any (c.sample_metrics)
      and s.start_at between c.sample_from and c.sample_to and s.record_id = c.id
      and (c.deleted or not exists (
        select from unnest(v_settled_metrics, v_settled_days) as t (id, day) where t.id = s.metric_id and s.local_date < t.day
      ))
    returning s.metric_id, s.local_date, s.source_id
  ), gone_sessions as (
    delete from raphael.sessions s
    using changed c
    where s.user_key = v_user_key and s.record_id = c.id
  ), gone_days as (
    select g.metric_id, g.local_date, g.source_id from gone_samples g group by 1, 2, 3
  )
  select c.ids, c.ordinals, c.known, g.metrics, g.dates, g.sources
  into v_ids, v_ordinals, v_known, v_gone_metrics, v_gone_dates, v_gone_sources
  from (
    select array_agg(c.id) as ids, array_agg(c.ordinal) as ordinals, array_agg(c.known) as known from changed c
  ) c
  cross join (
    select array_agg(g.metric_id) as metrics, array_agg(g.local_date) as dates, array_agg(g.source_id) as sources
    from gone_days g
  ) g;

  if v_ids is null then
    return query select 0, 0, 0;
    return;
  end if;

  return query
  with series as materialized (
    select n.ordinal, r.id as record_id, m.id as metric_id, s.source_id, n.duration_s, n.offset_minutes, n.local_date,
           case when n.local_date is not null then 'd' when n.offset_minutes is not null then 'r'
                else v_zone_origin end as day_origin,
           -- A night belongs to the day of waking.
           case when m.category = 'sleep' or s.statistic = 'nightly_average' then n.duration_s else 0 end as lived_after,
           -- A score is held to its own scale, by its driver.
           case when s.scale = '' then m.plausible_low else '-infinity'::float8 end as low,
           case when s.scale = '' then m.plausible_high else 'infinity'::float8 end as high,
           case when r.known then coalesce(t.day, '-infinity'::date) else '-infinity'::date end as settled_before
    from json_to_recordset(p_series) as n (
      ordinal int, record int, metric int, source int, duration_s int, offset_minutes smallint, local_date date
    )
    join unnest(v_ids, v_ordinals, v_known) as r (id, ordinal, known) on r.ordinal = n.record
    join raphael.metrics m on m.id = v_metric_ids[n.metric]
    left join unnest(v_settled_metrics, v_settled_days) as t (id, day) on t.id = m.id
    join raphael_private.source_ids(v_user_key, p_account_id, p_sources) s on s.ordinal = n.source
  ), told as materialized (
    -- An instant that a record tells twice counts once, and the later word stands.
    select distinct on (g.metric_id, n.at, g.source_id, g.record_id)
      g.metric_id, n.at, g.source_id, g.record_id, n.value, g.duration_s, g.day_origin, g.settled_before,
      n.value between g.low and g.high as plausible,
      coalesce(g.offset_minutes, case when g.local_date is null and v_zone is not null then
        date_part('epoch', to_timestamp(n.at) at time zone v_zone - to_timestamp(n.at) at time zone 'UTC') / 60
      end)::smallint as offset_minutes,
      coalesce(g.local_date, case
        when g.offset_minutes is null and v_zone is not null
        then (to_timestamp(n.at + g.lived_after) at time zone v_zone)::date
        else date '1970-01-01' + floor((n.at + g.lived_after + 60 * coalesce(g.offset_minutes, 0)) / 86400)::int
      end) as local_date
    from unnest(p_sample_series, p_starts, p_values) with ordinality as n (series, at, value, ordinal)
    join series g on g.ordinal = n.series
    order by g.metric_id, n.at, g.source_id, g.record_id, n.ordinal desc
  ), added as (
    insert into raphael.samples
      (user_key, metric_id, start_at, source_id, record_id, value, duration_s, offset_minutes, local_date, day_origin)
    select v_user_key, t.metric_id, to_timestamp(t.at), t.source_id, t.record_id, t.value, t.duration_s,
           t.offset_minutes, t.local_date, t.day_origin
    from told t
    where t.plausible and t.local_date >= t.settled_before
  ), counted as (
    -- As `rebuild_days` counts.
    insert into raphael.daily as d
      (user_key, metric_id, local_date, source_id, n, total, low, high, last, first_at, last_at, hours)
    select v_user_key, t.metric_id, t.local_date, t.source_id, count(*), sum(t.value), min(t.value), max(t.value),
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
  select cardinality(v_ids), (count(*) filter (where t.plausible and t.local_date >= t.settled_before))::int,
         (count(*) filter (where not t.plausible))::int
  from told t;

  if v_gone_metrics is not null then
    perform raphael_private.rebuild_days(v_user_key, v_gone_metrics, v_gone_dates, v_gone_sources);
  end if;
  if v_settled_metrics is not null then
    perform raphael_private.forget_thinned(v_user_key, p_account_id, v_ids);
  end if;

  insert into raphael.sessions
    (user_key, record_id, kind, session_id, source_id, start_at, end_at, offset_minutes, local_date, day_origin, type,
     is_nap, measures, stages, laps)
  select v_user_key, r.id, n.kind, n.session_id, s.source_id, n.start_at, n.end_at,
         coalesce(n.offset_minutes, case when n.local_date is null then z.offset_minutes end),
         coalesce(n.local_date, case when n.offset_minutes is null then z.local_date end,
           (l.lived_at at time zone 'UTC' + make_interval(mins => coalesce(n.offset_minutes, 0)))::date),
         case when n.local_date is not null then 'd' when n.offset_minutes is not null then 'r' else v_zone_origin end,
         n.type, n.is_nap, n.measures, n.stages, n.laps
  from json_to_recordset(p_sessions) as n (
    record int, kind text, session_id text, source int, start_at timestamptz, end_at timestamptz,
    offset_minutes smallint, local_date date, type text, is_nap boolean, measures jsonb, stages jsonb,
    laps jsonb
  )
  join unnest(v_ids, v_ordinals) as r (id, ordinal) on r.ordinal = n.record
  join raphael_private.source_ids(v_user_key, p_account_id, p_sources) s on s.ordinal = n.source
  cross join lateral (select case n.kind when 'sleep' then n.end_at else n.start_at end as lived_at) l
  cross join lateral (
    select (date_part('epoch', n.start_at at time zone v_zone - n.start_at at time zone 'UTC') / 60)::smallint
             as offset_minutes,
           (l.lived_at at time zone v_zone)::date as local_date
  ) z
  on conflict do nothing;
end
$$;
comment on function raphael_private.ingest_records(uuid, int, json, json, text[], json, int[], float8[], float8[], json) is
  'Stores a batch: newest wins, a changed record replaces all that was read from it, an unchanged one costs no write of samples';
grant execute on function
  raphael_private.ingest_records(uuid, int, json, json, text[], json, int[], float8[], float8[], json)
  to raphael_app;

reset role;
