-- Workouts as a person reads them. The view runs as the reader, so RLS decides.

set role raphael_owner;

create view raphael.workouts with (security_invoker = true) as
select
  s.user_key,
  s.record_id,
  s.session_id,
  s.source_id,
  s.start_at,
  s.end_at,
  s.offset_minutes,
  s.local_date,
  s.type,
  s.measures,
  coalesce(s.laps, other.laps) as laps
from raphael.sessions s
join raphael.sources src on src.user_key = s.user_key and src.id = s.source_id
-- Told by another record of the account, which begins when the workout does or by a clock of its own:
-- the day on either side keeps the search inside a short stretch of the one index.
left join lateral (
  select l.laps
  from raphael.sessions l
  join raphael.sources ls on ls.user_key = l.user_key and ls.id = l.source_id
  where l.user_key = s.user_key and l.kind = 'laps' and l.session_id = s.session_id
    and ls.account_id = src.account_id
    and l.start_at between s.start_at - interval '1 day' and s.start_at + interval '1 day'
  order by l.record_id desc
  limit 1
) other on s.laps is null
where s.kind = 'workout';
comment on view raphael.workouts is
  'Workouts with their laps, from whichever record told them
@graphql({"primary_key_columns": ["user_key", "record_id", "session_id"]})';
grant select on raphael.workouts to authenticated;

reset role;
