set role raphael_owner;

create table raphael_private.retention (
  what text primary key,
  keep interval not null check (keep > interval '0'),
  why  text not null
);
comment on table raphael_private.retention is
  'How long what has served is kept. Change a row to keep it longer or shorter, delete it to keep it for ever';
insert into raphael_private.retention (what, keep, why) values
  ('oauth_states', '1 hour', 'a state lives 10 minutes; a widget''s webhook may refer to it for an hour'),
  ('pending_accounts', '1 hour', 'a link that nobody confirmed: it was never open and holds nothing'),
  ('rate_limits', '1 day', 'longer than any window'),
  ('webhook_events', '30 days', 'to replay, and to know a delivery that comes again'),
  ('revocations', '30 days', 'a provider that has not accepted one by then will not'),
  ('dead_jobs', '90 days', 'for an operator to look into');

create function raphael_private.outlived(p_what text) returns timestamptz
language sql
stable
security definer
set search_path = ''
as $$
  select now() - r.keep from raphael_private.retention r where r.what = p_what
$$;
comment on function raphael_private.outlived(text) is
  'What is older has served its time; null where it is kept for ever';

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
    where o.created_at < (select raphael_private.outlived('oauth_states')) order by o.expires_at limit 5000
  );
  delete from raphael_private.webhook_events e
  where e.id in (
    select w.id from raphael_private.webhook_events w
    where w.received_at < (select raphael_private.outlived('webhook_events')) order by w.received_at limit 5000
  );
  delete from raphael_private.dead_jobs d
  where d.id in (
    select j.id from raphael_private.dead_jobs j
    where j.died_at < (select raphael_private.outlived('dead_jobs')) order by j.died_at limit 5000
  );
  delete from raphael_private.revocations r
  where r.id in (
    select v.id from raphael_private.revocations v
    where v.created_at < (select raphael_private.outlived('revocations')) limit 5000
  );
  delete from raphael_private.rate_limits l
  where l.key in (
    select r.key from raphael_private.rate_limits r
    where r.window_start < (select raphael_private.outlived('rate_limits')) order by r.window_start limit 5000
  );
  -- What a provider's terms let nobody keep longer; what it means is kept.
  update raphael_private.raw_records r
  set payload = null, expires_at = null
  where (r.user_key, r.id) in (
    select x.user_key, x.id from raphael_private.raw_records x
    where x.expires_at < now() order by x.expires_at limit 5000
  );
  delete from raphael.provider_accounts a
  where a.status = 'pending' and a.connected_at is null
    and a.updated_at < (select raphael_private.outlived('pending_accounts'))
    and not exists (select from raphael.sources s where s.user_key = a.user_key and s.account_id = a.id);
end
$$;
comment on function raphael_private.prune() is 'Forgets what has served for as long as raphael_private.retention says';
grant execute on function raphael_private.prune() to raphael_app;

reset role;
