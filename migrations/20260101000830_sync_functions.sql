-- What is due. Each tick finds its work by these queries, so a
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
returns table (account_id uuid, scopes text[], late_seconds float8)
language sql
security definer
set search_path = ''
as $$
  with due as materialized (
    select s.account_id, s.resource, a.scopes,
           extract(epoch from now() - s.next_poll_at)::float8 as late_seconds
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
  returning s.account_id, d.scopes, d.late_seconds
$$;
comment on function raphael_private.take_due_polls(text, text, float8, int) is
  'Accounts whose poll of a resource is due, how late that is, and their next one set: enqueue in the same transaction';
grant execute on function raphael_private.take_due_polls(text, text, float8, int) to raphael_app;

create function raphael_private.due_revocations(p_limit int) returns setof uuid
language sql
stable
security definer
set search_path = ''
as $$
  select r.id
  from raphael_private.revocations r
  where not exists (
      select from raphael_private.sync_jobs j where j.dedup_key = 'revoke:' || r.id
    )
    -- Refused by the provider: once more a day, until its time in `retention` is over.
    and not exists (
      select from raphael_private.dead_jobs d
      where d.dedup_key = 'revoke:' || r.id and d.died_at > now() - interval '1 day'
    )
  order by r.created_at
  limit p_limit
$$;
comment on function raphael_private.due_revocations(int) is
  'Revocations without a job: theirs died a day ago or earlier, or never came to be';
grant execute on function raphael_private.due_revocations(int) to raphael_app;

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

reset role;
