set role raphael_owner;

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
  delete from raphael_private.rate_limits l
  where l.key in (
    select r.key from raphael_private.rate_limits r
    where r.window_start < now() - interval '1 day' order by r.window_start limit 5000
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
