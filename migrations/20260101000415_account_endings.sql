-- How accounts change and end. The generation shuts out whoever still works for what was before.

set role raphael_owner;

create function raphael_private.fail_account(p_account_id uuid, p_generation int, p_cause text) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  update raphael.provider_accounts a
  set status = 'error', cause = p_cause, updated_at = now()
  where a.id = p_account_id and a.generation = p_generation and a.status = 'active';
  return found;
end
$$;
comment on function raphael_private.fail_account(uuid, int, text) is
  'The person must link again; false where they already did, or left';
grant execute on function raphael_private.fail_account(uuid, int, text) to raphael_app;

create function raphael_private.rename_account(p_provider text, p_previous text, p_external_user_id text)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  update raphael.provider_accounts a
  set external_user_id = p_external_user_id, updated_at = now()
  where a.provider = p_provider and a.external_user_id = p_previous and a.status <> 'disconnected'
    and not exists (
      select from raphael.provider_accounts o
      where o.provider = p_provider and o.external_user_id = p_external_user_id and o.status <> 'disconnected'
    );
  return found;
end
$$;
comment on function raphael_private.rename_account(text, text, text) is
  'The provider gave the same person a new id';
grant execute on function raphael_private.rename_account(text, text, text) to raphael_app;

create function raphael_private.set_scopes(p_account_id uuid, p_scopes text[]) returns void
language sql
security definer
set search_path = ''
as $$
  update raphael.provider_accounts a set scopes = p_scopes, updated_at = now() where a.id = p_account_id
$$;
comment on function raphael_private.set_scopes(uuid, text[]) is 'What the person now grants';
grant execute on function raphael_private.set_scopes(uuid, text[]) to raphael_app;

create function raphael_private.close_account(p_account_id uuid, p_cause text, p_revoke boolean)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_revocation uuid;
begin
  -- First the generation: it waits for the writers that hold the row, and shuts out all later ones.
  update raphael.provider_accounts a
  set status = 'disconnected', cause = p_cause, generation = a.generation + 1, updated_at = now()
  where a.id = p_account_id and a.status <> 'disconnected';
  if not found then
    return null;
  end if;
  if p_revoke then
    insert into raphael_private.revocations
      (account_id, user_id, provider, region, external_user_id, token_version, access_ct, refresh_ct)
    select a.id, a.user_id, a.provider, a.region, a.external_user_id, t.token_version, t.access_ct, t.refresh_ct
    from raphael.provider_accounts a
    left join raphael_private.account_tokens t on t.account_id = a.id
    where a.id = p_account_id
    returning id into v_revocation;
  end if;
  -- One more than was stored: a refresh under way has sealed its answer with the next version.
  with gone as (
    delete from raphael_private.account_tokens t where t.account_id = p_account_id returning t.token_version
  )
  update raphael.provider_accounts a
  set token_version = gone.token_version + 1
  from gone
  where a.id = p_account_id;
  delete from raphael_private.sync_jobs j where j.account_id = p_account_id and j.leased_until is null;
  delete from raphael_private.sync_state s where s.account_id = p_account_id;
  return v_revocation;
end
$$;
comment on function raphael_private.close_account(uuid, text, boolean) is
  'Disconnects: tokens go at once, their revocation at the provider is left in the outbox (its id, or null)';
grant execute on function raphael_private.close_account(uuid, text, boolean) to raphael_app;

create function raphael_private.live_accounts(p_user_id uuid, p_provider text)
returns table (account_id uuid, status text, generation int)
language sql
stable
security definer
set search_path = ''
as $$
  select a.id, a.status, a.generation
  from raphael.provider_accounts a
  where a.user_id = p_user_id and a.provider = p_provider and a.status <> 'disconnected'
$$;
comment on function raphael_private.live_accounts(uuid, text) is 'A person''s accounts at one provider';
grant execute on function raphael_private.live_accounts(uuid, text) to raphael_app;

create function raphael_private.leave_revocation(
  p_account_id uuid,
  p_user_id uuid,
  p_provider text,
  p_region text,
  p_external_user_id text,
  p_token_version int,
  p_access_ct text,
  p_refresh_ct text
) returns uuid
language sql
security definer
set search_path = ''
as $$
  insert into raphael_private.revocations
    (account_id, user_id, provider, region, external_user_id, token_version, access_ct, refresh_ct)
  values
    (p_account_id, p_user_id, p_provider, p_region, p_external_user_id, p_token_version, p_access_ct, p_refresh_ct)
  returning id
$$;
comment on function raphael_private.leave_revocation(uuid, uuid, text, text, text, int, text, text) is
  'Tokens that a refresh brought after its account was closed: they are to be revoked too';
grant execute on function raphael_private.leave_revocation(uuid, uuid, text, text, text, int, text, text)
  to raphael_app;

create function raphael_private.read_revocation(p_id uuid)
returns table (
  account_id uuid, user_id uuid, provider text, region text, external_user_id text, token_version int,
  access_ct text, refresh_ct text
)
language sql
stable
security definer
set search_path = ''
as $$
  select r.account_id, r.user_id, r.provider, r.region, r.external_user_id, r.token_version, r.access_ct, r.refresh_ct
  from raphael_private.revocations r
  where r.id = p_id
$$;
comment on function raphael_private.read_revocation(uuid) is 'A grant to be revoked at its provider';
grant execute on function raphael_private.read_revocation(uuid) to raphael_app;

create function raphael_private.settle_revocation(p_id uuid) returns void
language sql
security definer
set search_path = ''
as $$
  delete from raphael_private.revocations r where r.id = p_id
$$;
comment on function raphael_private.settle_revocation(uuid) is 'The provider has forgotten the grant too';
grant execute on function raphael_private.settle_revocation(uuid) to raphael_app;

reset role;
