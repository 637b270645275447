-- What a person reads: samples with their words put back. Both views run as the reader, so RLS decides.
-- The last line of their comments tells pg_graphql what identifies a row, which no view says by itself.

set role raphael_owner;

create view raphael.readings with (security_invoker = true) as
select
  p.user_id,
  s.user_key,
  s.metric_id,
  s.start_at,
  s.source_id,
  s.record_id,
  m.code as metric,
  m.category,
  s.value,
  m.unit,
  nullif(s.duration_s, 0) as duration_s,
  s.offset_minutes,
  s.local_date,
  s.day_origin,
  src.account_id,
  a.provider,
  a.via,
  src.device,
  src.device_class,
  src.statistic,
  src.entry,
  src.daily_total,
  src.estimated
from raphael.samples s
join raphael.people p on p.user_key = s.user_key
join raphael.metrics m on m.id = s.metric_id
join raphael.sources src on src.user_key = s.user_key and src.id = s.source_id
join raphael.provider_accounts a on a.id = src.account_id;
comment on view raphael.readings is
  'Samples with metric, unit, source and provider spelled out
@graphql({"primary_key_columns": ["user_key", "metric_id", "start_at", "source_id", "record_id"]})';
grant select on raphael.readings to authenticated;

create view raphael.health_metrics with (security_invoker = true) as
select
  r.user_id,
  r.provider as source,
  r.metric,
  r.value,
  r.unit,
  r.start_at as ts,
  r.user_key,
  r.metric_id,
  r.source_id,
  r.record_id
from raphael.readings r;
comment on view raphael.health_metrics is
  'The same under the names and columns that the app''s first schema gave them, and the key of each row
@graphql({"primary_key_columns": ["user_key", "metric_id", "ts", "source_id", "record_id"]})';
grant select on raphael.health_metrics to authenticated;

reset role;
