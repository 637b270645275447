-- Who holds a job: heartbeats, the proof that opens every effect, and giving back what was not begun.
-- Functions of many jobs join by the key whatever the statistics say, as claim_jobs does, and never
-- wait: what another has locked for a moment (a trigger, a heartbeat) they leave to the next call.

set role raphael_owner;

-- The queue is empty most of the time, and a connection keeps the plans that it made then, when to read all
-- of it was as good as anything. So, here and with outcomes, `enable_seqscan` is off; and many jobs are
-- found by `j.id = any (array[n.id])`: an equality could be a merge too, which reads all by the key.

create function raphael_private.extend_leases(p_ids bigint[], p_epochs bigint[], p_lease_seconds float8)
returns setof bigint
language sql
security definer
set search_path = ''
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
  with held as materialized (
    select j.id, j.epoch
    from raphael_private.sync_jobs j
    join unnest(p_ids, p_epochs) as n (id, epoch) on j.id = any (array[n.id]) and j.epoch = n.epoch
    where j.leased_until is not null
  ), free as materialized (
    -- Never waits: a row that is locked is being settled or triggered, claims skip it as well, and a
    -- heartbeat behind a slow effect would stop those of all its neighbours.
    select j.id
    from raphael_private.sync_jobs j
    join held h on j.id = h.id and j.epoch = h.epoch
    for update of j skip locked
  ), extended as (
    update raphael_private.sync_jobs j
    set leased_until = now() + make_interval(secs => p_lease_seconds)
    from free f
    where j.id = f.id and j.leased_until is not null
  )
  select h.id from held h
$$;
comment on function raphael_private.extend_leases(bigint[], bigint[], float8) is
  'Heartbeat. Answers the jobs still held: one that is missing was given to another, so its work must stop';
grant execute on function raphael_private.extend_leases(bigint[], bigint[], float8) to raphael_app;

create function raphael_private.assert_lease(p_id bigint, p_epoch bigint) returns void
language plpgsql
security definer
set search_path = ''
set enable_seqscan = off
as $$
begin
  -- The row lock keeps claim and deletion away until this transaction ends.
  perform 1
  from raphael_private.sync_jobs j
  where j.id = p_id and j.epoch = p_epoch and j.leased_until is not null
  for update;
  if not found then
    raise exception 'lease lost' using errcode = 'RH001';
  end if;
end
$$;
comment on function raphael_private.assert_lease(bigint, bigint) is
  'First statement of every effect: RH001 where the job is no longer this worker''s';
grant execute on function raphael_private.assert_lease(bigint, bigint) to raphael_app;

create function raphael_private.assert_leases(p_ids bigint[], p_epochs bigint[]) returns setof bigint
language sql
security definer
set search_path = ''
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
  select j.id
  from raphael_private.sync_jobs j
  join unnest(p_ids, p_epochs) as n (id, epoch) on j.id = any (array[n.id]) and j.epoch = n.epoch
  where j.leased_until is not null and not j.rerun
  for update of j skip locked
$$;
comment on function raphael_private.assert_leases(bigint[], bigint[]) is
  'First statement of the effects of many jobs: locks and answers those that are held and were not triggered again';
grant execute on function raphael_private.assert_leases(bigint[], bigint[]) to raphael_app;

create function raphael_private.release_jobs(p_ids bigint[], p_epochs bigint[]) returns void
language sql
security definer
set search_path = ''
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
  with held as materialized (
    select j.id
    from raphael_private.sync_jobs j
    join unnest(p_ids, p_epochs) as n (id, epoch) on j.id = any (array[n.id]) and j.epoch = n.epoch
    where j.leased_until is not null
    for update of j skip locked
  )
  update raphael_private.sync_jobs j
  set leased_until = null, attempt = greatest(j.attempt - 1, 0)
  from held h
  where j.id = h.id
$$;
comment on function raphael_private.release_jobs(bigint[], bigint[]) is
  'Gives back jobs that were claimed and not begun, each with its attempt';
grant execute on function raphael_private.release_jobs(bigint[], bigint[]) to raphael_app;

reset role;
