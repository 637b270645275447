-- The first step of ingest: what becomes of the records. Called by `ingest_records`, which holds the account.

set role raphael_owner;

create function raphael_private.store_records(
  p_user_key int,
  p_account_id uuid,
  p_resources text[],
  p_observed timestamptz[],
  p_keep_days int[],
  p_told int[],
  p_external_ids json,
  p_versions timestamptz[],
  p_deleted boolean[],
  p_payloads json,
  p_doubts text[],
  p_metrics text[],
  p_firsts float8[],
  p_lasts float8[],
  p_metric_ids smallint[],
  p_settled_metrics smallint[],
  p_settled_days date[],
  out ids bigint[],
  out places int[],
  out known boolean[],
  out gone_metrics smallint[],
  out gone_dates date[],
  out gone_sources int[]
)
language plpgsql
security definer
set search_path = ''
-- Statistics are a minute old at best, and a fresh table looks small: each record is looked up by itself.
set enable_seqscan = off
as $$
begin
  with incoming as materialized (
    select n.place, p_resources[n.told] as resource, n.external_id, coalesce(n.version, '-infinity') as source_version,
           p_observed[n.told] as observed_at, n.deleted, case when not n.deleted then n.payload end as payload,
           n.doubts::text[] as quarantine,
           (select array_agg(p_metric_ids[i]) from unnest(n.metrics::int[]) i) as sample_metrics,
           to_timestamp(n.first) as sample_from, to_timestamp(n.last) as sample_to,
           now() + make_interval(days => p_keep_days[n.told]) as expires_at
    from rows from (
      unnest(p_told), json_array_elements_text(p_external_ids), unnest(p_versions), unnest(p_deleted),
      json_array_elements(p_payloads), unnest(p_doubts), unnest(p_metrics), unnest(p_firsts), unnest(p_lasts)
    ) with ordinality as n (told, external_id, version, deleted, payload, doubts, metrics, first, last, place)
  ), newer as materialized (
    -- Decided before anything is written: whoever else would write them waits for the account.
    select i.*, o.id is not null as known,
           coalesce(o.id, nextval('raphael_private.raw_records_id_seq')) as id,
           o.id is null
             or o.payload::text is distinct from i.payload::text
             or o.quarantine is distinct from i.quarantine
             or (o.deleted_at is not null) <> i.deleted as changed,
           o.sample_metrics as old_metrics, o.sample_from as old_from, o.sample_to as old_to
    from incoming i
    left join lateral (
      select r.* from raphael_private.raw_records r
      where r.user_key = p_user_key and r.account_id = p_account_id and r.resource = i.resource
        and r.external_id = i.external_id
      limit 1
    ) o on true
    -- Who says that a record is gone knows no version of it: then the time alone decides, both ways.
    where o.id is null or case
      when (i.deleted and i.source_version = '-infinity')
        or (o.deleted_at is not null and o.source_version = '-infinity')
      then i.observed_at >= o.observed_at
      else (i.source_version, i.observed_at) >= (o.source_version, o.observed_at)
    end
  ), added as (
    insert into raphael_private.raw_records
      (id, user_key, account_id, resource, external_id, source_version, observed_at, payload, deleted_at, quarantine,
       sample_metrics, sample_from, sample_to, expires_at)
    select n.id, p_user_key, p_account_id, n.resource, n.external_id, n.source_version, n.observed_at, n.payload,
           case when n.deleted then now() end, n.quarantine, n.sample_metrics, n.sample_from, n.sample_to, n.expires_at
    from newer n
    where not n.known
  ), seen_again as (
    update raphael_private.raw_records r
    set source_version = n.source_version, observed_at = n.observed_at, expires_at = n.expires_at
    from newer n
    where n.known and not n.changed and r.user_key = p_user_key and r.id = n.id
  ), changed as (
    update raphael_private.raw_records r
    set source_version = n.source_version, observed_at = n.observed_at, expires_at = n.expires_at,
        payload = n.payload, quarantine = n.quarantine,
        deleted_at = case when n.deleted then coalesce(r.deleted_at, now()) end,
        -- Where its samples are. Of what is deleted or was thinned it stays known where they were.
        sample_metrics = case
          when n.deleted then r.sample_metrics
          when p_settled_metrics is null then n.sample_metrics
          else array(select unnest(r.sample_metrics) union select unnest(n.sample_metrics))
        end,
        sample_from = case
          when n.deleted then r.sample_from
          when p_settled_metrics is null then n.sample_from
          else least(r.sample_from, n.sample_from)
        end,
        sample_to = case
          when n.deleted then r.sample_to
          when p_settled_metrics is null then n.sample_to
          else greatest(r.sample_to, n.sample_to)
        end
    from newer n
    where n.known and n.changed and r.user_key = p_user_key and r.id = n.id
  ), gone_samples as (
    delete from raphael.samples s
    where s.ctid = any (array(
      select g.ctid
      from newer n
      cross join lateral (
        select s.ctid
        from raphael.samples s
        where s.user_key = p_user_key and s.metric_id = any (n.old_metrics)
          and s.start_at between n.old_from and n.old_to and s.record_id = n.id
          and (n.deleted or not exists (
            select from unnest(p_settled_metrics, p_settled_days) as t (id, day)
            where t.id = s.metric_id and s.local_date < t.day
          ))
        offset 0
      ) g
      where n.known and n.changed
    ))
    returning s.metric_id, s.local_date, s.source_id
  ), gone_sessions as (
    delete from raphael.sessions s
    where s.ctid = any (array(
      select g.ctid
      from newer n
      cross join lateral (
        select s.ctid from raphael.sessions s where s.user_key = p_user_key and s.record_id = n.id offset 0
      ) g
      where n.known and n.changed
    ))
  ), gone_days as (
    select g.metric_id, g.local_date, g.source_id from gone_samples g group by 1, 2, 3
  )
  select n.ids, n.places, n.known, g.metrics, g.dates, g.sources
  into ids, places, known, gone_metrics, gone_dates, gone_sources
  from (
    select array_agg(n.id) as ids, array_agg(n.place::int) as places, array_agg(n.known) as known
    from newer n
    where n.changed
  ) n
  cross join (
    select array_agg(g.metric_id) as metrics, array_agg(g.local_date) as dates, array_agg(g.source_id) as sources
    from gone_days g
  ) g;
end
$$;
comment on function raphael_private.store_records(
  int, uuid, text[], timestamptz[], int[], int[], json, timestamptz[], boolean[], json, text[], text[], float8[],
  float8[], smallint[], smallint[], date[]
) is 'Stores records where they are newer; the changed ones by their places, and the days that lost samples of theirs';

reset role;
