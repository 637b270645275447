-- Two roles and two schemas.
--   raphael_owner  owns everything of ours; nobody logs in as it.
--   raphael_app    is what the functions connect as: no superuser, no bypassrls, owner of nothing.
--   raphael         is exposed: what a person may read of their own, row by row.
--   raphael_private is never exposed: tokens, states, jobs, webhooks, raw records.
-- The project's other roles and default privileges are left alone.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'raphael_owner') then
    create role raphael_owner nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'raphael_app') then
    create role raphael_app nologin noinherit;
  end if;
  -- `with inherit …, set …` is PostgreSQL 16 and later; there, creating a role grants neither.
  if current_setting('server_version_num')::int >= 160000 then
    execute format('grant raphael_owner to %I with inherit true, set true', current_user);
    execute 'grant authenticated to raphael_app with inherit false, set true';
  else
    execute format('grant raphael_owner to %I', current_user);
    execute 'grant authenticated to raphael_app';
  end if;
end
$$;

alter role raphael_app set statement_timeout = '30s';
alter role raphael_app set lock_timeout = '5s';
alter role raphael_app set idle_in_transaction_session_timeout = '30s';
-- Of a connection that is lost between a statement's parsing and its execution the server thinks as
-- "active": none of the three ends it (measured, 15 and 17), and it keeps its locks until TCP notices,
-- after two hours by Linux' default. Within 90 s by these; within 30 s where the limit exists.
alter role raphael_app set tcp_keepalives_idle = 60;
alter role raphael_app set tcp_keepalives_interval = 10;
alter role raphael_app set tcp_keepalives_count = 3;

do $$
begin
  if current_setting('server_version_num')::int >= 170000 then
    alter role raphael_app set transaction_timeout = '30s';
  end if;
end
$$;

create schema if not exists raphael authorization raphael_owner;
create schema if not exists raphael_private authorization raphael_owner;
-- The last line is for pg_graphql: names as GraphQL writes them, and pages as long as the API's.
comment on schema raphael is
  'Raphael Health Connect: what a person may read of their own data
@graphql({"inflect_names": true, "max_rows": 1000})';
comment on schema raphael_private is 'Raphael Health Connect: tokens, jobs, webhooks, raw records; never exposed';

set role raphael_owner;

-- For this role only, and without `in schema`: with it the revoke has no effect.
alter default privileges for role raphael_owner revoke execute on functions from public;

grant usage on schema raphael to authenticated, raphael_app;
grant usage on schema raphael_private to raphael_app;

reset role;
