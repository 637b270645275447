-- Life of a linked account: pending -> active -> (error | disconnected), and back to active by linking
-- again. Errors: RH002 the account is closed to this writer, RH004 it belongs to another person.

set role raphael_owner;

create function raphael_private.reserve_account(
  p_user_id uuid,
  p_provider text,
  p_region text,
  p_external_user_id text,
  p_via text
) returns table (account_id uuid, token_version int)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_id uuid;
  v_user_id uuid;
  v_past int;
  v_present int;
begin
  -- A person who comes back gets the account they had: a second one would bring its whole history twice.
  update raphael.provider_accounts a
  set status = 'pending', cause = null, updated_at = now()
  where a.id = (
    select o.id
    from raphael.provider_accounts o
    where o.user_id = p_user_id and o.provider = p_provider and o.region = p_region
      and o.external_user_id = p_external_user_id
    order by o.status <> 'disconnected' desc
    limit 1
  ) and a.status = 'disconnected';

  insert into raphael.provider_accounts as a (user_key, user_id, provider, region, external_user_id, via)
  values
    (raphael_private.person_key(p_user_id), p_user_id, p_provider, p_region, p_external_user_id, p_via)
  on conflict (provider, region, external_user_id) where status <> 'disconnected'
    do update set updated_at = now(), via = coalesce(excluded.via, a.via)
  returning a.id, a.user_id, a.token_version into v_id, v_user_id, v_past;
  if v_user_id <> p_user_id then
    raise exception 'account belongs to another person' using errcode = 'RH004';
  end if;
  -- Locked, so that a refresh that ends meanwhile does not take the same version.
  select t.token_version into v_present
  from raphael_private.account_tokens t where t.account_id = v_id for update;
  return query select v_id, greatest(v_past, v_present, 0) + 1;
exception
  -- Reviving ours collides where another person has linked the same account since.
  when unique_violation then
    raise exception 'account belongs to another person' using errcode = 'RH004';
end
$$;
comment on function raphael_private.reserve_account(uuid, text, text, text, text) is
  'The account''s id and the version its tokens are to be sealed with; RH004 where another person has linked it';
grant execute on function raphael_private.reserve_account(uuid, text, text, text, text) to raphael_app;

create function raphael_private.activate_account(
  p_account_id uuid,
  p_scopes text[],
  p_ui_id text,
  p_site text
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_generation int;
begin
  update raphael.provider_accounts a
  set status = 'active', cause = null, generation = a.generation + 1,
      scopes = p_scopes, ui_id = coalesce(p_ui_id, a.ui_id), site = p_site, connected_at = now(), updated_at = now()
  where a.id = p_account_id
  returning a.generation into v_generation;
  return v_generation;
end
$$;
comment on function raphael_private.activate_account(uuid, text[], text, text) is
  'Opens an account under a new generation: whatever still runs for an older one can commit nothing';
grant execute on function raphael_private.activate_account(uuid, text[], text, text) to raphael_app;

create function raphael_private.store_tokens(
  p_account_id uuid,
  p_token_version int,
  p_access_ct text,
  p_refresh_ct text,
  p_refresh_fingerprint bytea,
  p_expires_at timestamptz
) returns void
language sql
security definer
set search_path = ''
as $$
  insert into raphael_private.account_tokens as t
    (account_id, token_version, access_ct, refresh_ct, refresh_fingerprint, expires_at)
  values (p_account_id, p_token_version, p_access_ct, p_refresh_ct, p_refresh_fingerprint, p_expires_at)
  on conflict (account_id) do update
    set token_version = excluded.token_version, access_ct = excluded.access_ct,
        refresh_ct = excluded.refresh_ct, refresh_fingerprint = excluded.refresh_fingerprint,
        expires_at = excluded.expires_at, refresh_state = 'idle', refresh_epoch = t.refresh_epoch + 1,
        refresh_not_before = null, in_doubt_since = null, source_fingerprint = null, source_epoch = null,
        refreshed_at = now()
$$;
comment on function raphael_private.store_tokens(uuid, int, text, text, bytea, timestamptz) is
  'The tokens of a fresh link; they end any refresh under way';
grant execute on function raphael_private.store_tokens(uuid, int, text, text, bytea, timestamptz) to raphael_app;

create function raphael_private.load_account(p_account_id uuid)
returns table (
  account_id uuid, user_id uuid, provider text, region text, external_user_id text, via text, status text,
  scopes text[], generation int, token_version int, access_ct text, refresh_ct text, expires_in float8,
  read_at timestamptz, site text, time_zone text
)
language sql
stable
security definer
set search_path = ''
as $$
  select a.id, a.user_id, a.provider, a.region, a.external_user_id, a.via, a.status, a.scopes, a.generation,
         t.token_version, t.access_ct, t.refresh_ct, extract(epoch from t.expires_at - now())::float8,
         clock_timestamp(), a.site, coalesce(p.time_zone, a.time_zone)
  from raphael.provider_accounts a
  join raphael.people p on p.user_key = a.user_key
  left join raphael_private.account_tokens t on t.account_id = a.id
  where a.id = p_account_id
$$;
comment on function raphael_private.load_account(uuid) is
  'An account with its sealed tokens; expires_in is in seconds by this database''s clock, null where unknown; read_at is that clock, taken before any request';
grant execute on function raphael_private.load_account(uuid) to raphael_app;

create function raphael_private.find_account(p_provider text, p_external_user_id text)
returns table (account_id uuid, user_id uuid, via text, status text, generation int, time_zone text)
language sql
stable
security definer
set search_path = ''
as $$
  select a.id, a.user_id, a.via, a.status, a.generation, coalesce(p.time_zone, a.time_zone)
  from raphael.provider_accounts a
  join raphael.people p on p.user_key = a.user_key
  where a.provider = p_provider and a.external_user_id = p_external_user_id and a.status <> 'disconnected'
$$;
comment on function raphael_private.find_account(text, text) is
  'The live accounts that a webhook''s external id means (one a region)';
grant execute on function raphael_private.find_account(text, text) to raphael_app;

reset role;
