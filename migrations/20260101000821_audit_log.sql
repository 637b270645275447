-- Who looked at what of whom, written in the transaction of the look: both are, or neither is.

set role raphael_owner;

create table raphael_private.audit_log (
  id         bigint generated always as identity,
  at         timestamptz not null default clock_timestamp(),
  user_key   int not null,
  action     text not null check (action ~ '^[a-z_]+\.[a-z_]+$' and length(action) <= 64),
  details    jsonb not null default '{}',
  request_id text not null check (request_id ~ '^[A-Za-z0-9_-]{8,64}$'),
  primary key (user_key, id),
  -- Nothing of a person: which metrics and which span were asked for, never a value.
  check (details - array['metrics', 'since', 'until'] = '{}'::jsonb and length(details::text) <= 8192)
);
comment on table raphael_private.audit_log is
  'Every access to a person''s data. Nobody changes or deletes a row. No foreign key: it outlives the person, whose key then leads to nobody';
comment on column raphael_private.audit_log.action is 'What was done: metrics.list, preferences.write …';
comment on column raphael_private.audit_log.details is 'Metrics and span that were asked for';
comment on column raphael_private.audit_log.request_id is 'The same as in the log and in the answer';

create function raphael_private.refuse_change() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'Cannot change %: it is only ever added to', tg_table_name using errcode = '42501';
end
$$;
comment on function raphael_private.refuse_change() is 'Keeps a table as it was written';
create trigger only_added before update or delete or truncate on raphael_private.audit_log
  for each statement execute function raphael_private.refuse_change();
-- Even for a session that replays a replica's stream, for which other triggers rest.
alter table raphael_private.audit_log enable always trigger only_added;

create function raphael_private.record_access(p_user_id uuid, p_action text, p_details jsonb, p_request_id text)
returns void
-- Not in SQL, whose functions Postgres 17 plans anew in each transaction.
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into raphael_private.audit_log (user_key, action, details, request_id)
  values (raphael_private.person_key(p_user_id), p_action, p_details, p_request_id);
end
$$;
comment on function raphael_private.record_access(uuid, text, jsonb, text) is
  'The one way into the audit log. Raises 23503 where the person was deleted';
grant execute on function raphael_private.record_access(uuid, text, jsonb, text) to raphael_app;

-- This and the next run as who calls them, because no function with its owner's rights may set the role.
create function raphael_private.begin_reading(p_claims text) returns void
language plpgsql
set search_path = ''
as $$
begin
  perform pg_catalog.set_config('request.jwt.claims', p_claims, true);
  -- Each statement reads stretches of one index, whatever is asked for: planning it anew, by values that
  -- change nothing, took up to three times as long as running it.
  perform pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true);
  perform pg_catalog.set_config('role', 'authenticated', true);
end
$$;
comment on function raphael_private.begin_reading(text) is
  'Makes the rest of the transaction the person''s: role authenticated with their claims. For an access that is written down';
grant execute on function raphael_private.begin_reading(text) to raphael_app;

create function raphael_private.begin_access(p_claims text, p_action text, p_details jsonb, p_request_id text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform raphael_private.record_access(
    (p_claims::jsonb ->> 'sub')::uuid, p_action, p_details, p_request_id
  );
  perform raphael_private.begin_reading(p_claims);
end
$$;
comment on function raphael_private.begin_access(text, text, jsonb, text) is
  'Writes the access down and makes the rest of the transaction the person''s: role authenticated with their claims';
grant execute on function raphael_private.begin_access(text, text, jsonb, text) to raphael_app;

create function raphael_private.accesses_of(p_user_id uuid, p_before bigint, p_limit int)
returns table (id bigint, at timestamptz, action text, details jsonb, request_id text)
language sql
stable
security definer
set search_path = ''
as $$
  select a.id, a.at, a.action, a.details, a.request_id
  from raphael_private.audit_log a
  join raphael.people p on p.user_key = a.user_key and p.user_id = p_user_id
  where p_before is null or a.id < p_before
  order by a.id desc
  limit p_limit
$$;
comment on function raphael_private.accesses_of(uuid, bigint, int) is
  'A person''s own part of the audit log, newest first';
grant execute on function raphael_private.accesses_of(uuid, bigint, int) to raphael_app;

reset role;
