-- A job's life: waiting -> running -> (gone | waiting again | dead). Here its way to running.
-- Errors: RH001 the lease is another's, so roll back everything.

set role raphael_owner;

create function raphael_private.enqueue_jobs(p_jobs jsonb) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_count int;
begin
  insert into raphael_private.sync_jobs as j
    (kind, queue, dedup_key, payload, priority, max_attempts, account_id, run_at)
  select distinct on (n.dedup_key)
    n.kind, n.queue, n.dedup_key, n.payload, n.priority, n.max_attempts, n.account_id,
    now() + make_interval(secs => coalesce(n.delay_seconds, 0))
  from jsonb_to_recordset(p_jobs) as n (
    kind text, queue smallint, dedup_key text, payload jsonb, priority smallint,
    max_attempts smallint, account_id uuid, delay_seconds float8
  )
  -- In key order, so that two writers of overlapping sets wait and never deadlock.
  order by n.dedup_key, n.priority
  on conflict (dedup_key) do update
    -- It runs, or waits between two pages: what it has read already may lack what triggered this.
    set rerun = j.rerun or j.leased_until is not null or j.cursor is not null,
        priority = least(j.priority, excluded.priority),
        -- A trigger brings a waiting job forward, but never one that waits out a failure or a pause.
        run_at = case
          when j.leased_until is null and j.attempt = 0 and j.snoozed_since is null
            then least(j.run_at, excluded.run_at)
          else j.run_at
        end;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function raphael_private.enqueue_jobs(jsonb) is
  'Adds jobs, or coalesces with those of equal key: a waiting one is enough, a running one runs once more';
grant execute on function raphael_private.enqueue_jobs(jsonb) to raphael_app;

create function raphael_private.bury(p_ids bigint[], p_error_class text, p_error text) returns void
language sql
security definer
set search_path = ''
as $$
  with dead as (
    delete from raphael_private.sync_jobs j where j.id = any (p_ids) returning j.*
  )
  insert into raphael_private.dead_jobs
    (id, kind, account_id, queue, priority, max_attempts, dedup_key, payload, cursor, attempt,
     error_class, error, created_at)
  select d.id, d.kind, d.account_id, abs(d.queue), d.priority, d.max_attempts, d.dedup_key, d.payload,
         d.cursor, d.attempt, p_error_class, p_error, d.created_at
  from dead d
$$;
comment on function raphael_private.bury(bigint[], text, text) is
  'Moves jobs to dead_jobs; callers have proved that they may';

create function raphael_private.claim_jobs(
  p_queue smallint,
  p_limit int,
  p_lease_seconds float8,
  p_owner uuid
) returns table (
  id bigint, epoch int, kind text, payload jsonb, cursor text, attempt smallint, max_attempts smallint,
  account_id uuid, created_at timestamptz
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_exhausted bigint[];
begin
  -- A job whose lease ran out was on a worker that died or stalled. It cannot be told whether the job
  -- killed it or a neighbour did: so it gets its attempt back and goes to the solo queue (-queue),
  -- where each is claimed alone and charged. A poison job then spends its own attempts only.
  if p_queue < 0 then
    select array_agg(j.id) into v_exhausted
    from (
      select s.id
      from raphael_private.sync_jobs s
      where s.queue = p_queue and s.leased_until < now() and s.attempt >= s.max_attempts
      order by s.priority, s.run_at, s.id
      limit 10
      for update skip locked
    ) j;
    if v_exhausted is not null then
      perform raphael_private.bury(v_exhausted, 'worker_died', 'Cannot finish job: its worker died each time');
    end if;
  end if;

  return query
  with candidate as materialized (
    select s.id, s.leased_until is not null and s.queue > 0 as orphaned
    from raphael_private.sync_jobs s
    where s.queue = p_queue and s.run_at <= now() and (s.leased_until is null or s.leased_until < now())
    order by s.priority, s.run_at, s.id
    limit p_limit
    for update skip locked
  ), claimed as (
    update raphael_private.sync_jobs j
    set queue = case when c.orphaned then -j.queue else j.queue end,
        attempt = case when c.orphaned then greatest(j.attempt - 1, 0) else j.attempt + 1 end,
        epoch = j.epoch + 1,
        owner = case when c.orphaned then null else p_owner end,
        leased_until = case when c.orphaned then null else now() + make_interval(secs => p_lease_seconds) end,
        -- What starts now sees all that was triggered before; a job in mid-pages does not start now.
        rerun = j.rerun and j.cursor is not null
    from candidate c
    where j.id = c.id
    returning j.id, j.epoch, j.kind, j.payload, j.cursor, j.attempt, j.max_attempts, j.account_id,
              j.created_at, c.orphaned, j.priority, j.run_at
  )
  select c.id, c.epoch, c.kind, c.payload, c.cursor, c.attempt, c.max_attempts, c.account_id, c.created_at
  from claimed c
  where not c.orphaned
  order by c.priority, c.run_at, c.id;
end
$$;
comment on function raphael_private.claim_jobs(smallint, int, float8, uuid) is
  'Leases up to p_limit due jobs of a queue, most urgent first; -queue gives jobs whose worker died, to be run alone';
grant execute on function raphael_private.claim_jobs(smallint, int, float8, uuid) to raphael_app;

create function raphael_private.solo_waits() returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select from raphael_private.sync_jobs j
    where j.queue < 0 and j.run_at <= now() and (j.leased_until is null or j.leased_until < now())
  )
$$;
comment on function raphael_private.solo_waits() is 'Whether a job whose worker died waits to be run alone';
grant execute on function raphael_private.solo_waits() to raphael_app;

create function raphael_private.extend_leases(p_ids bigint[], p_epochs int[], p_lease_seconds float8)
returns setof bigint
language sql
security definer
set search_path = ''
as $$
  with held as materialized (
    select j.id, j.epoch
    from raphael_private.sync_jobs j
    join unnest(p_ids, p_epochs) as n (id, epoch) on j.id = n.id and j.epoch = n.epoch
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
comment on function raphael_private.extend_leases(bigint[], int[], float8) is
  'Heartbeat. Answers the jobs still held: one that is missing was given to another, so its work must stop';
grant execute on function raphael_private.extend_leases(bigint[], int[], float8) to raphael_app;

create function raphael_private.assert_lease(p_id bigint, p_epoch int) returns void
language plpgsql
security definer
set search_path = ''
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
comment on function raphael_private.assert_lease(bigint, int) is
  'First statement of every effect: RH001 where the job is no longer this worker''s';
grant execute on function raphael_private.assert_lease(bigint, int) to raphael_app;

reset role;
