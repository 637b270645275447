-- Refreshing a token: one at a time, written down before it starts, committed against the very token
-- that was consumed. A provider that rotates its refresh tokens forgives none of these to be missing.

set role raphael_owner;

create function raphael_private.begin_refresh(p_account_id uuid, p_seen_version int, p_lease_seconds float8)
returns table (verdict text, epoch int, wait_seconds float8)
language plpgsql
security definer
set search_path = ''
as $$
declare
  t raphael_private.account_tokens;
  v_wait float8;
begin
  select * into t from raphael_private.account_tokens k where k.account_id = p_account_id for update;
  v_wait := extract(epoch from t.refresh_not_before - clock_timestamp());
  if not found or t.refresh_ct is null or t.refresh_state = 'dead' then
    return query select 'none'::text, 0, 0::float8;
  elsif t.token_version > p_seen_version then
    return query select 'fresh'::text, t.refresh_epoch, 0::float8;
  elsif v_wait > 0 then
    -- A request in flight is answered long before its lease ends.
    return query select 'busy'::text, t.refresh_epoch,
      case t.refresh_state when 'in_flight' then least(v_wait, 1) else v_wait end;
  else
    update raphael_private.account_tokens k
    set refresh_state = 'in_flight',
        refresh_epoch = t.refresh_epoch + 1,
        refresh_not_before = clock_timestamp() + make_interval(secs => p_lease_seconds),
        -- In flight with its lease run out: whoever began may be dead, or may still bring an answer.
        in_doubt_since = case t.refresh_state when 'in_flight' then clock_timestamp() else t.in_doubt_since end
    where k.account_id = p_account_id;
    return query select 'go'::text, t.refresh_epoch + 1, 0::float8;
  end if;
end
$$;
comment on function raphael_private.begin_refresh(uuid, int, float8) is
  'go: send the request; fresh: another has already stored a newer token; busy: wait so long; none: nothing to refresh with';
grant execute on function raphael_private.begin_refresh(uuid, int, float8) to raphael_app;

create function raphael_private.commit_refresh(
  p_account_id uuid,
  p_epoch int,
  p_consumed_fingerprint bytea,
  p_token_version int,
  p_access_ct text,
  p_refresh_ct text,
  p_refresh_fingerprint bytea,
  p_expires_at timestamptz,
  p_store_late boolean
) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  t raphael_private.account_tokens;
  v_sibling boolean;
begin
  -- The account before its tokens, as whoever closes it does; only where it may have to be reopened,
  -- for those who store its data would hold up the commit.
  if exists (
    select from raphael_private.account_tokens k where k.account_id = p_account_id and k.refresh_state = 'dead'
  ) then
    perform from raphael.provider_accounts a where a.id = p_account_id for no key update;
  end if;
  select * into t from raphael_private.account_tokens k where k.account_id = p_account_id for update;
  if not found then
    return 'gone';
  end if;
  -- Where the consumed token lives on until its successor is used, whoever has the lease now will get
  -- another successor, and this one may have died of that: stored, it could be all that we have.
  if t.refresh_epoch <> p_epoch and not p_store_late then
    return 'stale';
  end if;
  -- Two requests with one token, both answered: the later one's answer is what the provider goes by.
  v_sibling := t.source_fingerprint = p_consumed_fingerprint and t.source_epoch < p_epoch;
  -- Compared with the consumed token and not with the lease: an answer that comes late, after the
  -- lease was taken over, may hold the only token that still lives.
  if t.refresh_fingerprint <> p_consumed_fingerprint and v_sibling is not true then
    return 'superseded';
  elsif t.token_version <> p_token_version - 1 then
    return case when v_sibling then 'sibling' else 'superseded' end;
  end if;
  update raphael_private.account_tokens k
  set token_version = p_token_version, access_ct = p_access_ct, refresh_ct = p_refresh_ct,
      refresh_fingerprint = p_refresh_fingerprint, expires_at = p_expires_at,
      refresh_state = 'idle', refresh_not_before = null, in_doubt_since = null,
      source_fingerprint = p_consumed_fingerprint, source_epoch = p_epoch, refreshed_at = now()
  where k.account_id = p_account_id;
  if t.refresh_state = 'dead' then
    update raphael.provider_accounts a
    set status = 'active', cause = null, updated_at = now()
    where a.id = p_account_id and a.status = 'error' and a.cause in ('revoked', 'lost_rotation');
  end if;
  return case when t.refresh_epoch = p_epoch then 'stored' else 'late' end;
end
$$;
comment on function raphael_private.commit_refresh(uuid, int, bytea, int, text, text, bytea, timestamptz, boolean) is
  'stored, or late (the lease had been taken over); superseded: its successor is stored already; sibling: seal it for the next version and come again; stale: late, and not to be stored; gone: the account was closed';
grant execute on function raphael_private.commit_refresh(uuid, int, bytea, int, text, text, bytea, timestamptz, boolean)
  to raphael_app;

-- Twice as long each time: soon, within a provider's time of grace, and then seldom.
create function raphael_private.refresh_pause(p_in_doubt_since timestamptz) returns interval
language sql
volatile
set search_path = ''
as $$
  select greatest(interval '500 ms', least(clock_timestamp() - p_in_doubt_since, interval '30 s'))
$$;
comment on function raphael_private.refresh_pause(timestamptz) is
  'How long a token that is in doubt is left alone before it is tried again';

create function raphael_private.reject_refresh(
  p_account_id uuid,
  p_consumed_fingerprint bytea,
  p_epoch int,
  p_patience_seconds float8
) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  t raphael_private.account_tokens;
  v_cause text;
begin
  perform from raphael.provider_accounts a where a.id = p_account_id for no key update;
  select * into t from raphael_private.account_tokens k where k.account_id = p_account_id for update;
  if not found then
    return 'gone';
  elsif t.refresh_fingerprint is distinct from p_consumed_fingerprint then
    return 'fresh';
  elsif t.refresh_epoch <> p_epoch then
    return 'stale';
  elsif t.in_doubt_since > clock_timestamp() - make_interval(secs => p_patience_seconds) then
    update raphael_private.account_tokens k
    set refresh_state = 'uncertain',
        refresh_not_before = clock_timestamp() + raphael_private.refresh_pause(t.in_doubt_since)
    where k.account_id = p_account_id;
    return 'uncertain';
  end if;
  v_cause := case when t.in_doubt_since is null or p_patience_seconds = 0 then 'revoked' else 'lost_rotation' end;
  -- Both at once: a crash in between would leave an account that is open and can do nothing.
  update raphael_private.account_tokens k
  set refresh_state = 'dead', refresh_not_before = null
  where k.account_id = p_account_id;
  update raphael.provider_accounts a
  set status = 'error', cause = v_cause, updated_at = now()
  where a.id = p_account_id and a.status = 'active';
  return v_cause;
end
$$;
comment on function raphael_private.reject_refresh(uuid, bytea, int, float8) is
  'The provider refused the token. Only of the one that is still stored does it mean anything: revoked, or lost_rotation once it was in doubt for longer than our patience';
grant execute on function raphael_private.reject_refresh(uuid, bytea, int, float8) to raphael_app;

create function raphael_private.doubt_refresh(p_account_id uuid, p_epoch int) returns void
language sql
security definer
set search_path = ''
as $$
  update raphael_private.account_tokens k
  set refresh_state = 'uncertain',
      in_doubt_since = coalesce(k.in_doubt_since, clock_timestamp()),
      refresh_not_before = clock_timestamp() +
        raphael_private.refresh_pause(coalesce(k.in_doubt_since, clock_timestamp()))
  where k.account_id = p_account_id and k.refresh_epoch = p_epoch and k.refresh_state = 'in_flight'
$$;
comment on function raphael_private.doubt_refresh(uuid, int) is
  'No answer, or half of one: whether the provider rotated is unknown';
grant execute on function raphael_private.doubt_refresh(uuid, int) to raphael_app;

create function raphael_private.release_refresh(p_account_id uuid, p_epoch int, p_wait_seconds float8) returns void
language sql
security definer
set search_path = ''
as $$
  update raphael_private.account_tokens k
  set refresh_state = case when k.in_doubt_since is null then 'idle' else 'uncertain' end,
      refresh_not_before = clock_timestamp() + make_interval(secs => p_wait_seconds)
  where k.account_id = p_account_id and k.refresh_epoch = p_epoch and k.refresh_state = 'in_flight'
$$;
comment on function raphael_private.release_refresh(uuid, int, float8) is
  'The provider answered that it did nothing (429): the token is as it was, and is left alone for so long';
grant execute on function raphael_private.release_refresh(uuid, int, float8) to raphael_app;

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
