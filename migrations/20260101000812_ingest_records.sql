-- The one writer of records, samples, days and sessions. Errors: RH002 the account is closed to this writer.

set role raphael_owner;

create function raphael_private.ingest_records(
  p_account_id uuid,
  p_generation int,
  -- What was told: a resource, as observed when, and how many days its raw records may be kept.
  p_resources text[],
  p_observed timestamptz[],
  p_keep_days int[],
  -- Of each record, once: which of these, id, version, …, and metrics and span of its samples.
  p_record_told int[],
  p_record_ids json,
  p_versions timestamptz[],
  p_deleted boolean[],
  p_payloads json,
  p_doubts text[],
  p_record_metrics text[],
  p_firsts float8[],
  p_lasts float8[],
  p_sources json,
  p_metrics text[],
  -- What a run of samples has in common; records, metrics and sources by their place, from 1.
  p_series_record int[],
  p_series_metric int[],
  p_series_source int[],
  p_series_duration int[],
  p_series_offset smallint[],
  p_series_date date[],
  -- Of each sample, no instant of a record, metric and source twice: series, seconds since 1970, value.
  p_sample_series int[],
  p_starts float8[],
  p_values float8[],
  p_sessions json
) returns table (changed int, stored int, refused int)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_key int;
  v_zone text;
  v_zone_origin "char";
  v_metric_ids smallint[];
  v_settled_metrics smallint[];
  v_settled_days date[];
  v_source_ids int[];
  v_statistics text[];
  v_scales text[];
  v_records record;
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

  v_records := raphael_private.store_records(
    v_user_key, p_account_id, p_resources, p_observed, p_keep_days, p_record_told, p_record_ids, p_versions, p_deleted,
    p_payloads, p_doubts, p_record_metrics, p_firsts, p_lasts, v_metric_ids, v_settled_metrics, v_settled_days
  );
  if v_records.ids is null then
    return query select 0, 0, 0;
    return;
  end if;

  select array_agg(s.source_id order by s.ordinal), array_agg(s.statistic order by s.ordinal),
         array_agg(s.scale order by s.ordinal)
  into v_source_ids, v_statistics, v_scales
  from raphael_private.source_ids(v_user_key, p_account_id, p_sources) s;

  return query
  select cardinality(v_records.ids), s.stored, s.refused
  from raphael_private.store_samples(
    v_user_key, v_zone, v_zone_origin, v_records.ids, v_records.places, v_records.known, v_metric_ids,
    v_settled_metrics, v_settled_days, v_source_ids, v_statistics, v_scales, p_series_record, p_series_metric,
    p_series_source, p_series_duration, p_series_offset, p_series_date, p_sample_series, p_starts, p_values
  ) s;

  if v_records.gone_metrics is not null then
    perform raphael_private.rebuild_days(
      v_user_key, v_records.gone_metrics, v_records.gone_dates, v_records.gone_sources
    );
  end if;
  if v_settled_metrics is not null then
    perform raphael_private.forget_thinned(v_user_key, p_account_id, v_records.ids);
  end if;

  perform raphael_private.store_sessions(
    v_user_key, v_zone, v_zone_origin, v_records.ids, v_records.places, v_source_ids, p_sessions
  );
end
$$;
comment on function raphael_private.ingest_records(
  uuid, int, text[], timestamptz[], int[], int[], json, timestamptz[], boolean[], json, text[], text[], float8[],
  float8[], json, text[], int[], int[], int[], int[], smallint[], date[], int[], float8[], float8[], json
) is 'Stores a batch: newest wins, a changed record replaces all that was read from it, an unchanged one costs no write of samples';
grant execute on function raphael_private.ingest_records(
  uuid, int, text[], timestamptz[], int[], int[], json, timestamptz[], boolean[], json, text[], text[], float8[],
  float8[], json, text[], int[], int[], int[], int[], smallint[], date[], int[], float8[], float8[], json
) to raphael_app;

reset role;
