-- The one writer of records, samples and sessions. Errors: RH002 the account is closed to this writer.

set role raphael_owner;

create function raphael_private.source_ids(p_user_key int, p_account_id uuid, p_sources jsonb)
returns table (ordinal int, source_id int)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
  insert into raphael.sources (user_key, account_id, device, statistic, entry, daily_total, estimated, scale)
  select p_user_key, p_account_id, n.device, n.statistic, n.entry, n.daily_total, n.estimated, n.scale
  from jsonb_to_recordset(p_sources) as n (
    ordinal int, device text, statistic text, entry text, daily_total boolean, estimated boolean, scale text
  )
  on conflict do nothing;
  return query
  select n.ordinal, s.id
  from jsonb_to_recordset(p_sources) as n (
    ordinal int, device text, statistic text, entry text, daily_total boolean, estimated boolean, scale text
  )
  join raphael.sources s
    on s.account_id = p_account_id and s.device = n.device and s.statistic = n.statistic and s.entry = n.entry
    and s.daily_total = n.daily_total and s.estimated = n.estimated and s.scale = n.scale;
end
$$;
comment on function raphael_private.source_ids(int, uuid, jsonb) is
  'The ids of the batch''s sources, made at first sight';

create function raphael_private.ingest_records(
  p_account_id uuid,
  p_generation int,
  p_resource text,
  p_observed_at timestamptz,
  p_records jsonb,
  p_sources jsonb,
  p_samples jsonb,
  p_sessions jsonb
) returns table (changed int, stored int)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_user_key int;
  v_ids bigint[];
  v_ordinals int[];
  v_stored int := 0;
begin
  -- Held until commit: disconnecting, relinking and deletion wait for us, or we see them and stop.
  select a.user_key into v_user_key
  from raphael.provider_accounts a
  where a.id = p_account_id and a.generation = p_generation and a.status = 'active'
  for share;
  if not found then
    raise exception 'account closed to this writer' using errcode = 'RH002';
  end if;

  -- Two batches of one resource take turns: without it both could think a new record theirs.
  perform pg_advisory_xact_lock(hashtextextended(p_account_id::text || p_resource, 0));

  with incoming as (
    -- A batch may hold one record twice; the newest version, then the last one, stands for it. What the
    -- others mean is left out, because samples and sessions name their record by its ordinal.
    select distinct on (n.id)
      n.ordinal, n.id as external_id, coalesce(n.version, '-infinity') as source_version, n.deleted,
      case when n.deleted then null else n.raw end as payload, n.quarantine
    from jsonb_to_recordset(p_records) as n (
      ordinal int, id text, version timestamptz, deleted boolean, raw jsonb, quarantine text[]
    )
    order by n.id, n.version desc nulls last, n.ordinal desc
  ), old as (
    select r.id, r.external_id, r.payload, r.deleted_at, r.quarantine, r.sample_metrics, r.sample_from, r.sample_to
    from raphael_private.raw_records r
    join incoming i on i.external_id = r.external_id
    where r.user_key = v_user_key and r.account_id = p_account_id and r.resource = p_resource
  ), upserted as (
    insert into raphael_private.raw_records as r
      (user_key, account_id, resource, external_id, source_version, observed_at, payload, deleted_at, quarantine)
    select v_user_key, p_account_id, p_resource, i.external_id, i.source_version, p_observed_at, i.payload,
           case when i.deleted then now() end, i.quarantine
    from incoming i
    on conflict (user_key, account_id, resource, external_id) do update
      set source_version = excluded.source_version, observed_at = excluded.observed_at,
          payload = excluded.payload, quarantine = excluded.quarantine,
          deleted_at = case when excluded.deleted_at is null then null else coalesce(r.deleted_at, excluded.deleted_at) end
      -- Who says that a record is gone knows no version of it: then the time alone decides, both ways.
      where case
        when (excluded.deleted_at is not null and excluded.source_version = '-infinity')
          or (r.deleted_at is not null and r.source_version = '-infinity')
        then excluded.observed_at >= r.observed_at
        else (excluded.source_version, excluded.observed_at) >= (r.source_version, r.observed_at)
      end
    returning r.id, r.external_id, r.payload, r.deleted_at, r.quarantine
  ), changed as (
    select u.id, i.ordinal, o.sample_metrics, o.sample_from, o.sample_to
    from upserted u
    join incoming i on i.external_id = u.external_id
    left join old o on o.id = u.id
    where o.id is null
      or o.payload is distinct from u.payload
      or o.quarantine is distinct from u.quarantine
      or (o.deleted_at is null) <> (u.deleted_at is null)
  ), gone_samples as (
    delete from raphael.samples s
    using changed c
    where s.user_key = v_user_key and s.metric_id = any (c.sample_metrics)
      and s.start_at between c.sample_from and c.sample_to and s.record_id = c.id
  ), gone_sessions as (
    delete from raphael.sessions s
    using changed c
    where s.user_key = v_user_key and s.record_id = c.id
  )
  select array_agg(c.id), array_agg(c.ordinal) into v_ids, v_ordinals from changed c;

  if v_ids is null then
    return query select 0, 0;
    return;
  end if;

  with record as (
    select r.id, r.ordinal from unnest(v_ids, v_ordinals) as r (id, ordinal)
  ), source as (
    select s.ordinal, s.source_id from raphael_private.source_ids(v_user_key, p_account_id, p_sources) s
  ), inserted as (
    insert into raphael.samples
      (user_key, metric_id, start_at, source_id, record_id, value, duration_s, offset_minutes)
    select v_user_key, m.id, n.start_at, s.source_id, r.id, n.value, n.duration_s, n.offset_minutes
    from jsonb_to_recordset(p_samples) as n (
      record int, metric text, start_at timestamptz, source int, value float8, duration_s int,
      offset_minutes smallint
    )
    join record r on r.ordinal = n.record
    join raphael.metrics m on m.code = n.metric
    join source s on s.ordinal = n.source
    on conflict do nothing
    returning record_id, metric_id, start_at
  ), span as (
    select i.record_id, array_agg(distinct i.metric_id) as metrics, min(i.start_at) as first, max(i.start_at) as last,
           count(*) as samples
    from inserted i
    group by i.record_id
  ), noted as (
    update raphael_private.raw_records r
    set sample_metrics = x.metrics, sample_from = x.first, sample_to = x.last
    from (
      select c.id, sp.metrics, sp.first, sp.last from record c left join span sp on sp.record_id = c.id
    ) x
    where r.user_key = v_user_key and r.id = x.id
  )
  select coalesce(sum(sp.samples), 0)::int into v_stored from span sp;

  insert into raphael.sessions
    (user_key, record_id, kind, session_id, source_id, start_at, end_at, offset_minutes, local_date, type, is_nap,
     measures, stages, laps)
  select v_user_key, r.id, n.kind, n.session_id, s.source_id, n.start_at, n.end_at, n.offset_minutes, n.local_date,
         n.type, n.is_nap, n.measures, n.stages, n.laps
  from jsonb_to_recordset(p_sessions) as n (
    record int, kind text, session_id text, source int, start_at timestamptz, end_at timestamptz,
    offset_minutes smallint, local_date date, type text, is_nap boolean, measures jsonb, stages jsonb,
    laps jsonb
  )
  join unnest(v_ids, v_ordinals) as r (id, ordinal) on r.ordinal = n.record
  join raphael_private.source_ids(v_user_key, p_account_id, p_sources) s on s.ordinal = n.source
  on conflict do nothing;

  return query select cardinality(v_ids), v_stored;
end
$$;
comment on function raphael_private.ingest_records(uuid, int, text, timestamptz, jsonb, jsonb, jsonb, jsonb) is
  'Stores a batch: newest wins, a changed record replaces all that was read from it, an unchanged one costs no write of samples';
grant execute on function raphael_private.ingest_records(uuid, int, text, timestamptz, jsonb, jsonb, jsonb, jsonb)
  to raphael_app;

reset role;
