-- What is out of order, for whoever watches: the worker, which logs it, and a status page.

set role raphael_owner;

create table raphael_private.alert_thresholds (
  name      text primary key,
  threshold float8 not null,
  meaning   text not null
);
comment on table raphael_private.alert_thresholds is
  'Above which value a condition is an alert. Change a row to change the alert, delete it to silence it';
insert into raphael_private.alert_thresholds (name, threshold, meaning) values
  ('dead_jobs', 0, 'jobs of one kind and class that died within 24 hours and wait for an operator'),
  ('queue_lag', 600, 'seconds since the longest waiting news of a queue could have run'),
  ('history_lag', 21600, 'the same of history (priority 200 and above), which waits behind news'),
  ('expired_leases', 0, 'jobs whose worker died 2 minutes ago or earlier and that no worker has taken up'),
  ('refresh_lost_rate', 0.0001, 'connections lost to a rotation that we could not store, a rotation'),
  ('breaker_openings', 2, 'times in a row that a provider failed until nothing more was sent to it'),
  ('revocation_age', 172800, 'seconds that a provider has not accepted a revocation'),
  ('clock_skew', 2, 'seconds between a worker''s clock and the database''s');

create function raphael_private.queue_lags() returns table (queue text, is_history boolean, seconds float8)
language sql
stable
security definer
set search_path = ''
-- One probe of the claim's index for each priority in use, whatever the statistics say of the table: a
-- million waiting jobs are not read to find the oldest.
set enable_seqscan = off
set enable_sort = off
as $$
  with recursive place as (
    (select j.queue, j.priority from raphael_private.sync_jobs j order by j.queue, j.priority limit 1)
    union all
    select n.queue, n.priority
    from place p
    cross join lateral (
      select j.queue, j.priority
      from raphael_private.sync_jobs j
      where (j.queue, j.priority) > (p.queue, p.priority)
      order by j.queue, j.priority
      limit 1
    ) n
  )
  select q.name, p.priority >= 200, max(extract(epoch from now() - o.run_at))::float8
  from place p
  join raphael_private.queues q on q.id = abs(p.queue)
  cross join lateral (
    select j.run_at
    from raphael_private.sync_jobs j
    where j.queue = p.queue and j.priority = p.priority and j.run_at <= now()
      and (j.leased_until is null or j.leased_until < now())
    order by j.run_at
    limit 1
  ) o
  group by 1, 2
$$;
comment on function raphael_private.queue_lags() is
  'How long the longest waiting job of each queue could have run by now, news and history apart';

create function raphael_private.health(p_clock_skew float8 default null)
returns table (name text, subject text, value float8, threshold float8, is_firing boolean)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return query
  with conditions (name, subject, value) as (
    select 'dead_jobs', d.kind || ' ' || d.error_class, count(*)::float8
    from raphael_private.dead_jobs d
    where d.redriven_at is null and d.died_at > now() - interval '24 hours'
    group by d.kind, d.error_class
    union all
    select case when l.is_history then 'history_lag' else 'queue_lag' end, l.queue, l.seconds
    from raphael_private.queue_lags() l
    union all
    -- Jobs that are leased were the most urgent ones: they stand among the first.
    select 'expired_leases', 'all', count(*)::float8
    from (
      select j.leased_until from raphael_private.sync_jobs j
      order by j.queue, j.priority, j.run_at, j.id + 0 limit 20000
    ) j
    where j.leased_until < now() - interval '2 minutes'
    union all
    select 'refresh_lost_rate', 'all', case
      when exists (
        select from raphael.provider_accounts a where a.status = 'error' and a.cause = 'lost_rotation'
      ) then (
        select count(*) filter (where a.status = 'error' and a.cause = 'lost_rotation')::float8
               / greatest(sum(t.token_version), 1)
        from raphael_private.account_tokens t
        join raphael.provider_accounts a on a.id = t.account_id
      ) else 0 end
    union all
    select 'breaker_openings', g.provider, g.openings::float8
    from raphael_private.provider_gates g
    where g.breaker <> 'closed'
    union all
    select 'revocation_age', r.provider, extract(epoch from now() - min(r.created_at))::float8
    from raphael_private.revocations r
    group by r.provider
    union all
    select 'clock_skew', 'worker', p_clock_skew where p_clock_skew is not null
  )
  select c.name, c.subject, c.value, t.threshold, c.value > t.threshold
  from conditions c
  join raphael_private.alert_thresholds t on t.name = c.name
  order by c.name, c.subject;
end
$$;
comment on function raphael_private.health(float8) is
  'Every condition that is watched, and whether it is an alert. Names kinds, classes, queues and providers: no person, no payload';
grant execute on function raphael_private.health(float8) to raphael_app;

create table raphael_private.alerts (
  name     text not null,
  subject  text not null,
  since    timestamptz not null default now(),
  seen_at  timestamptz not null default now(),
  primary key (name, subject)
);
comment on table raphael_private.alerts is
  'Alerts that stand: told once when they come, and once when they have been gone for 15 minutes';

create function raphael_private.take_alerts(p_clock_skew float8 default null)
returns table (name text, subject text, value float8, threshold float8, is_firing boolean)
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Who does not get the lock leaves the telling to the one who did. A key of its own: 7236102 is held by
  -- every worker that is idle.
  if not pg_try_advisory_xact_lock(7236103) then
    return;
  end if;
  return query
  with firing as materialized (
    select h.* from raphael_private.health(p_clock_skew) h where h.is_firing
  ), told as (
    insert into raphael_private.alerts as a (name, subject)
    select f.name, f.subject from firing f
    on conflict on constraint alerts_pkey do update set seen_at = now()
    returning a.name, a.subject, a.since = now() as is_new
  ), gone as (
    -- Not at once: a value that hovers about its threshold would be told over and over.
    delete from raphael_private.alerts a
    where a.seen_at < now() - interval '15 minutes'
      and not exists (select from firing f where f.name = a.name and f.subject = a.subject)
    returning a.name, a.subject
  )
  select f.name, f.subject, f.value, f.threshold, true
  from firing f
  join told t on t.name = f.name and t.subject = f.subject and t.is_new
  union all
  select g.name, g.subject, null, null, false from gone g;
end
$$;
comment on function raphael_private.take_alerts(float8) is
  'Alerts that are new since anybody asked, and those that are over: of any number of workers, one is told';
grant execute on function raphael_private.take_alerts(float8) to raphael_app;

reset role;
