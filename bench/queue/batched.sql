-- Prototype: what the queue would gain from claims that remember their place and from settling in
-- batches. Lives in the benchmark's database only.

create schema bench;
create table bench.effect (job_key text primary key, value int not null);
grant usage on schema bench to raphael_app;
grant select, insert, update on bench.effect to raphael_app;

-- As claim_jobs, and two things more: it starts behind `p_after` (priority, run_at, id of the last job
-- claimed), so that index entries of jobs long done are not walked again while an old snapshot keeps
-- them; and it joins by ctid, which the row lock holds still.
create function bench.claim_jobs(
  p_queue smallint, p_limit int, p_lease_seconds float8, p_owner uuid,
  p_after_priority smallint, p_after_run_at timestamptz, p_after_id bigint
) returns table (
  id bigint, epoch int, kind text, payload jsonb, cursor text, attempt smallint, max_attempts smallint,
  created_at timestamptz, place text
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  with candidate as materialized (
    select s.ctid as place, s.leased_until is not null and s.queue > 0 as orphaned
    from raphael_private.sync_jobs s
    where s.queue = p_queue and s.run_at <= now() and (s.leased_until is null or s.leased_until < now())
      and (s.priority, s.run_at, s.id) > (p_after_priority, p_after_run_at, p_after_id)
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
        rerun = j.rerun and j.cursor is not null
    from candidate c
    where j.ctid = c.place
    returning j.id, j.epoch, j.kind, j.payload, j.cursor, j.attempt, j.max_attempts, j.created_at,
              c.orphaned, j.priority, j.run_at
  )
  select c.id, c.epoch, c.kind, c.payload, c.cursor, c.attempt, c.max_attempts, c.created_at,
         case when lead(c.id) over urgency is null then c.priority || ' ' || c.id || ' ' || c.run_at::text end
  from claimed c
  where not c.orphaned
  window urgency as (order by c.priority, c.run_at, c.id)
  order by c.priority, c.run_at, c.id;
end
$$;

-- Never waits: what another has locked (a trigger that coalesces, a heartbeat) is left out, like what
-- is lost; the caller settles those one by one.
create function bench.complete_jobs(p_ids bigint[], p_epochs int[]) returns setof bigint
language sql
security definer
set search_path = ''
as $$
  with held as materialized (
    select j.id, j.rerun
    from raphael_private.sync_jobs j
    join unnest(p_ids, p_epochs) as n (id, epoch) on j.id = n.id and j.epoch = n.epoch
    where j.leased_until is not null
    for update of j skip locked
  ), ended as (
    delete from raphael_private.sync_jobs j using held h where j.id = h.id and not h.rerun
  ), again as (
    update raphael_private.sync_jobs j
    set rerun = false, cursor = null, attempt = 0, leased_until = null, owner = null,
        snoozed_since = null, last_error = null, queue = abs(j.queue)
    from held h
    where j.id = h.id and h.rerun
  )
  select h.id from held h
$$;

-- First statement of a batch of effects: locks and answers the jobs still held, and never waits.
create function bench.assert_leases(p_ids bigint[], p_epochs int[]) returns setof bigint
language sql
security definer
set search_path = ''
as $$
  select j.id
  from raphael_private.sync_jobs j
  join unnest(p_ids, p_epochs) as n (id, epoch) on j.id = n.id and j.epoch = n.epoch
  where j.leased_until is not null
  for update of j skip locked
$$;

create function bench.notify_worker() returns trigger
language plpgsql
as $$
begin
  notify raphael_jobs;
  return null;
end
$$;

grant execute on all functions in schema bench to raphael_app;
