-- What becomes of a job that ran. Each proves the lease first: RH001 where it is another's by now, so
-- roll back everything.

set role raphael_owner;

create function raphael_private.complete_job(p_id bigint, p_epoch bigint) returns void
language plpgsql
security definer
set search_path = ''
set enable_seqscan = off
as $$
begin
  delete from raphael_private.sync_jobs j
  where j.id = p_id and j.epoch = p_epoch and j.leased_until is not null and not j.rerun;
  if found then
    return;
  end if;
  update raphael_private.sync_jobs j
  set rerun = false, cursor = null, attempt = 0, leased_until = null,
      snoozed_since = null, last_error = null, queue = abs(j.queue)
  where j.id = p_id and j.epoch = p_epoch and j.leased_until is not null and j.rerun;
  if not found then
    raise exception 'lease lost' using errcode = 'RH001';
  end if;
end
$$;
comment on function raphael_private.complete_job(bigint, bigint) is
  'Ends a job, or sends it round once more where a trigger came meanwhile; RH001 where the lease is lost';
grant execute on function raphael_private.complete_job(bigint, bigint) to raphael_app;

create function raphael_private.complete_jobs(p_ids bigint[], p_epochs bigint[]) returns setof bigint
language plpgsql
security definer
set search_path = ''
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
set lock_timeout = '20ms'
as $$
declare
  v_ended bigint[];
begin
  begin
    with ended as (
      delete from raphael_private.sync_jobs j
      using unnest(p_ids, p_epochs) as n (id, epoch)
      where j.id = any (array[n.id]) and j.epoch = n.epoch and j.leased_until is not null and not j.rerun
      returning j.id
    )
    select array_agg(e.id) into v_ended from ended e;
  exception when lock_not_available or deadlock_detected then
    -- A transaction that triggers one of them takes its time. To lock them all before each deletion, so
    -- as to skip that one, costs as much as the deletion: it is done only where it has to be.
    with held as materialized (
      select j.ctid as place
      from raphael_private.sync_jobs j
      join unnest(p_ids, p_epochs) as n (id, epoch) on j.id = any (array[n.id]) and j.epoch = n.epoch
      where j.leased_until is not null and not j.rerun
      for update of j skip locked
    ), ended as (
      delete from raphael_private.sync_jobs j using held h where j.ctid = h.place returning j.id
    )
    select array_agg(e.id) into v_ended from ended e;
  end;
  if cardinality(v_ended) is distinct from cardinality(p_ids) then
    -- Not what was held: a row that a heartbeat moved since the snapshot is locked, but not found there.
    return query select n.id from unnest(p_ids) as n (id) except select e.id from unnest(v_ended) as e (id);
  end if;
end
$$;
comment on function raphael_private.complete_jobs(bigint[], bigint[]) is
  'Ends the jobs that are held and were not triggered again; answers the others, to be settled one by one. Waits for nobody longer than 20 ms';
grant execute on function raphael_private.complete_jobs(bigint[], bigint[]) to raphael_app;

create function raphael_private.continue_job(p_id bigint, p_epoch bigint, p_cursor text) returns void
language plpgsql
security definer
set search_path = ''
set enable_seqscan = off
as $$
begin
  update raphael_private.sync_jobs j
  set cursor = p_cursor, attempt = 0, leased_until = null, snoozed_since = null,
      last_error = null, queue = abs(j.queue)
  where j.id = p_id and j.epoch = p_epoch and j.leased_until is not null;
  if not found then
    raise exception 'lease lost' using errcode = 'RH001';
  end if;
end
$$;
comment on function raphael_private.continue_job(bigint, bigint, text) is
  'One page is done: the job waits for its next page under the same key';
grant execute on function raphael_private.continue_job(bigint, bigint, text) to raphael_app;

create function raphael_private.snooze_job(p_id bigint, p_epoch bigint, p_seconds float8, p_reason text)
returns void
language plpgsql
security definer
set search_path = ''
set enable_seqscan = off
as $$
declare
  v_since timestamptz;
begin
  perform raphael_private.assert_lease(p_id, p_epoch);
  select coalesce(j.snoozed_since, now()) into v_since from raphael_private.sync_jobs j where j.id = p_id;
  if v_since < now() - interval '24 hours' then
    perform raphael_private.bury(array[p_id], 'snoozed_too_long', p_reason);
    return;
  end if;
  update raphael_private.sync_jobs j
  set run_at = now() + make_interval(secs => p_seconds),
      attempt = greatest(j.attempt - 1, 0),
      leased_until = null, snoozed_since = v_since, last_error = p_reason,
      queue = abs(j.queue)
  where j.id = p_id;
end
$$;
comment on function raphael_private.snooze_job(bigint, bigint, float8, text) is
  'Waits for something that is not our failure: the attempt comes back; after 24 hours of it the job is dead';
grant execute on function raphael_private.snooze_job(bigint, bigint, float8, text) to raphael_app;

create function raphael_private.fail_job(p_id bigint, p_epoch bigint, p_error_class text, p_error text)
returns boolean
language plpgsql
security definer
set search_path = ''
set enable_seqscan = off
as $$
declare
  v_attempt smallint;
  v_max smallint;
  v_backoff float8;
begin
  perform raphael_private.assert_lease(p_id, p_epoch);
  select j.attempt, j.max_attempts, q.backoff_seconds into v_attempt, v_max, v_backoff
  from raphael_private.sync_jobs j
  join raphael_private.queues q on q.id = abs(j.queue)
  where j.id = p_id;
  if v_attempt >= v_max then
    perform raphael_private.bury(array[p_id], p_error_class, p_error);
    return false;
  end if;
  update raphael_private.sync_jobs j
  set run_at = now() + make_interval(
        secs => least(v_backoff * 2 ^ least(v_attempt - 1, 20), 3600) * (0.5 + random() / 2)
      ),
      leased_until = null, last_error = p_error, queue = abs(j.queue)
  where j.id = p_id;
  return true;
end
$$;
comment on function raphael_private.fail_job(bigint, bigint, text, text) is
  'Counts a failure: true where it will be tried again (backoff_seconds * 2^(attempt-1), at most an hour, half of it jitter), false where it is dead';
grant execute on function raphael_private.fail_job(bigint, bigint, text, text) to raphael_app;

create function raphael_private.bury_job(p_id bigint, p_epoch bigint, p_error_class text, p_error text)
returns void
language plpgsql
security definer
set search_path = ''
set enable_seqscan = off
as $$
begin
  perform raphael_private.assert_lease(p_id, p_epoch);
  perform raphael_private.bury(array[p_id], p_error_class, p_error);
end
$$;
comment on function raphael_private.bury_job(bigint, bigint, text, text) is
  'Gives up at once: trying again would change nothing';
grant execute on function raphael_private.bury_job(bigint, bigint, text, text) to raphael_app;

create function raphael_private.pending_jobs()
returns table (queue smallint, due bigint, running bigint, later bigint)
language sql
stable
security definer
set search_path = ''
as $$
  select abs(j.queue)::smallint,
         count(*) filter (where j.run_at <= now() and (j.leased_until is null or j.leased_until < now())),
         count(*) filter (where j.leased_until >= now()),
         count(*) filter (where j.run_at > now() and j.leased_until is null)
  from raphael_private.sync_jobs j
  group by abs(j.queue)
$$;
comment on function raphael_private.pending_jobs() is 'What waits and what runs, a row a queue';
grant execute on function raphael_private.pending_jobs() to raphael_app;

reset role;
