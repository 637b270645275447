-- What is due: polls, and what has grown too old to keep. Each tick finds its work by these queries, so a
-- missed tick costs time and never data.

set role raphael_owner;

create function raphael_private.schedule_polls(p_account_id uuid, p_resources text[], p_delays float8[])
returns void
language sql
security definer
set search_path = ''
as $$
  insert into raphael_private.sync_state as s (account_id, resource, next_poll_at)
  select p_account_id, n.resource, now() + make_interval(secs => n.delay)
  from unnest(p_resources, p_delays) as n (resource, delay)
  on conflict (account_id, resource) do update set next_poll_at = excluded.next_poll_at
$$;
comment on function raphael_private.schedule_polls(uuid, text[], float8[]) is
  'First poll of each resource of a fresh link, in so many seconds';
grant execute on function raphael_private.schedule_polls(uuid, text[], float8[]) to raphael_app;

create function raphael_private.take_due_polls(p_provider text, p_resource text, p_every_seconds float8, p_limit int)
returns table (account_id uuid, scopes text[])
language sql
security definer
set search_path = ''
as $$
  with due as materialized (
    select s.account_id, s.resource, a.scopes
    from raphael_private.sync_state s
    join raphael.provider_accounts a on a.id = s.account_id
    where s.next_poll_at <= now() and s.resource = p_resource and a.provider = p_provider and a.status = 'active'
    order by s.next_poll_at
    limit p_limit
    for update of s skip locked
  )
  update raphael_private.sync_state s
  -- A tenth of jitter keeps accounts that were linked together from polling together for ever.
  set next_poll_at = now() + make_interval(secs => p_every_seconds * (0.95 + random() / 10))
  from due d
  where s.account_id = d.account_id and s.resource = d.resource
  returning s.account_id, d.scopes
$$;
comment on function raphael_private.take_due_polls(text, text, float8, int) is
  'Accounts whose poll of a resource is due, and their next one set: enqueue in the same transaction';
grant execute on function raphael_private.take_due_polls(text, text, float8, int) to raphael_app;

create function raphael_private.note_sync(p_account_id uuid, p_resource text) returns void
language sql
security definer
set search_path = ''
as $$
  insert into raphael_private.sync_state as s (account_id, resource, last_sync_at)
  values (p_account_id, p_resource, now())
  on conflict (account_id, resource) do update set last_sync_at = now()
$$;
comment on function raphael_private.note_sync(uuid, text) is 'A window of the resource was read to its end';
grant execute on function raphael_private.note_sync(uuid, text) to raphael_app;

create function raphael_private.list_accounts(p_user_id uuid)
returns table (
  account_id uuid, provider text, via text, status text, cause text, ui_id text, connected_at timestamptz,
  last_sync_at timestamptz
)
language sql
stable
security definer
set search_path = ''
as $$
  select a.id, a.provider, a.via, a.status, a.cause, a.ui_id, a.connected_at, max(s.last_sync_at)
  from raphael.provider_accounts a
  left join raphael_private.sync_state s on s.account_id = a.id
  where a.user_id = p_user_id
  group by a.id
  order by a.connected_at desc nulls last, a.id
$$;
comment on function raphael_private.list_accounts(uuid) is 'A person''s linked accounts, the newest first';
grant execute on function raphael_private.list_accounts(uuid) to raphael_app;

create function raphael_private.prune() returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- 5,000 rows of each a run, so that a backlog is worked off in short transactions.
  delete from raphael_private.oauth_states s
  where s.state_hash in (
    select o.state_hash from raphael_private.oauth_states o
    where o.created_at < now() - interval '1 hour' order by o.expires_at limit 5000
  );
  delete from raphael_private.webhook_events e
  where e.id in (
    select w.id from raphael_private.webhook_events w
    where w.received_at < now() - interval '30 days' order by w.received_at limit 5000
  );
  delete from raphael_private.dead_jobs d
  where d.id in (
    select j.id from raphael_private.dead_jobs j
    where j.died_at < now() - interval '90 days' order by j.died_at limit 5000
  );
  delete from raphael_private.revocations r
  where r.id in (
    select v.id from raphael_private.revocations v
    where v.created_at < now() - interval '30 days' limit 5000
  );
  -- A link that nobody confirmed: its account was never opened and holds nothing.
  delete from raphael.provider_accounts a
  where a.status = 'pending' and a.connected_at is null and a.updated_at < now() - interval '1 hour'
    and not exists (select from raphael.sources s where s.account_id = a.id);
end
$$;
comment on function raphael_private.prune() is
  'Forgets what has served: states after 1 hour, revocations and webhooks after 30 days, dead jobs after 90';
grant execute on function raphael_private.prune() to raphael_app;

reset role;
