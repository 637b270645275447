-- Refreshing a token: one at a time, written down before it starts, committed against the very token
-- that was consumed. A provider that rotates its refresh tokens forgives none of these to be missing.

set role raphael_owner;

create function raphael_private.begin_refresh(p_account_id uuid, p_seen_version int, p_lease_seconds float8)
returns table (verdict text, epoch int)
language plpgsql
security definer
set search_path = ''
as $$
declare
  t raphael_private.account_tokens;
begin
  select * into t from raphael_private.account_tokens k where k.account_id = p_account_id for update;
  if not found or t.refresh_ct is null or t.refresh_state = 'dead' then
    return query select 'none'::text, 0;
  elsif t.token_version > p_seen_version then
    return query select 'fresh'::text, t.refresh_epoch;
  elsif t.refresh_state = 'in_flight' and t.refresh_lease_until > now() then
    return query select 'busy'::text, t.refresh_epoch;
  else
    -- In flight with its lease run out means that its worker died in between: the outcome is unknown,
    -- and so is that of an uncertain one. The same token is tried again, and the round is counted.
    update raphael_private.account_tokens k
    set refresh_state = 'in_flight',
        refresh_epoch = t.refresh_epoch + 1,
        refresh_lease_until = now() + make_interval(secs => p_lease_seconds),
        uncertain_rounds = case when t.refresh_state = 'idle' then 0 else t.uncertain_rounds + 1 end
    where k.account_id = p_account_id;
    return query select 'go'::text, t.refresh_epoch + 1;
  end if;
end
$$;
comment on function raphael_private.begin_refresh(uuid, int, float8) is
  'go: send the request; fresh: another has already stored a newer token; busy: another is at it; none: nothing to refresh with';
grant execute on function raphael_private.begin_refresh(uuid, int, float8) to raphael_app;

create function raphael_private.commit_refresh(
  p_account_id uuid,
  p_consumed_fingerprint bytea,
  p_token_version int,
  p_access_ct text,
  p_refresh_ct text,
  p_refresh_fingerprint bytea,
  p_expires_at timestamptz
) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Compared with the consumed token and not with the lease: an answer that comes late, after the
  -- lease was taken over, may hold the only token that still lives.
  update raphael_private.account_tokens k
  set token_version = p_token_version, access_ct = p_access_ct, refresh_ct = p_refresh_ct,
      refresh_fingerprint = p_refresh_fingerprint, expires_at = p_expires_at,
      refresh_state = 'idle', refresh_lease_until = null, uncertain_rounds = 0, refreshed_at = now()
  where k.account_id = p_account_id and k.refresh_fingerprint = p_consumed_fingerprint
    and k.token_version = p_token_version - 1;
  return found;
end
$$;
comment on function raphael_private.commit_refresh(uuid, bytea, int, text, text, bytea, timestamptz) is
  'Stores what the consumed token was exchanged for; false where its successor is stored already';
grant execute on function raphael_private.commit_refresh(uuid, bytea, int, text, text, bytea, timestamptz)
  to raphael_app;

create function raphael_private.reject_refresh(
  p_account_id uuid,
  p_consumed_fingerprint bytea,
  p_epoch int,
  p_max_rounds int
) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  t raphael_private.account_tokens;
begin
  select * into t from raphael_private.account_tokens k where k.account_id = p_account_id for update;
  if not found then
    return 'gone';
  elsif t.refresh_fingerprint is distinct from p_consumed_fingerprint then
    return 'fresh';
  elsif t.refresh_epoch <> p_epoch then
    return 'stale';
  elsif t.uncertain_rounds > 0 and t.uncertain_rounds < p_max_rounds then
    update raphael_private.account_tokens k
    set refresh_state = 'uncertain', refresh_lease_until = null
    where k.account_id = p_account_id;
    return 'uncertain';
  end if;
  update raphael_private.account_tokens k
  set refresh_state = 'dead', refresh_lease_until = null
  where k.account_id = p_account_id;
  return case when t.uncertain_rounds = 0 then 'revoked' else 'lost_rotation' end;
end
$$;
comment on function raphael_private.reject_refresh(uuid, bytea, int, int) is
  'The provider refused the token. Only of the one that is still stored does it mean anything: revoked or lost_rotation';
grant execute on function raphael_private.reject_refresh(uuid, bytea, int, int) to raphael_app;

create function raphael_private.doubt_refresh(p_account_id uuid, p_epoch int) returns void
language sql
security definer
set search_path = ''
as $$
  update raphael_private.account_tokens k
  set refresh_state = 'uncertain', refresh_lease_until = null
  where k.account_id = p_account_id and k.refresh_epoch = p_epoch and k.refresh_state = 'in_flight'
$$;
comment on function raphael_private.doubt_refresh(uuid, int) is
  'No answer, or half of one: whether the provider rotated is unknown';
grant execute on function raphael_private.doubt_refresh(uuid, int) to raphael_app;

create function raphael_private.release_refresh(p_account_id uuid, p_epoch int) returns void
language sql
security definer
set search_path = ''
as $$
  update raphael_private.account_tokens k
  set refresh_state = case when k.uncertain_rounds > 0 then 'uncertain' else 'idle' end,
      refresh_lease_until = null
  where k.account_id = p_account_id and k.refresh_epoch = p_epoch and k.refresh_state = 'in_flight'
$$;
comment on function raphael_private.release_refresh(uuid, int) is
  'The provider answered that it did nothing (429): the token is as it was';
grant execute on function raphael_private.release_refresh(uuid, int) to raphael_app;

create function raphael_private.due_refreshes(p_within_seconds float8)
returns table (account_id uuid, expires_in float8)
language sql
stable
security definer
set search_path = ''
as $$
  select t.account_id, extract(epoch from t.expires_at - now())::float8
  from raphael_private.account_tokens t
  join raphael.provider_accounts a on a.id = t.account_id
  where a.status = 'active' and t.refresh_ct is not null and t.refresh_state <> 'dead'
    and t.expires_at < now() + make_interval(secs => p_within_seconds)
$$;
comment on function raphael_private.due_refreshes(float8) is
  'Accounts whose access token ends within so many seconds';
grant execute on function raphael_private.due_refreshes(float8) to raphael_app;

reset role;
