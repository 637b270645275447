-- A job's life: waiting -> running -> (gone | waiting again | dead). Here its way to running.

set role raphael_owner;

create function raphael_private.enqueue_jobs(p_jobs jsonb) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_count int;
begin
  with asked as materialized (
    select a.kind, a.queue, a.dedup_key collate "C" as dedup_key, a.payload, a.priority, a.max_attempts,
           a.account_id, a.delay_seconds
    from jsonb_to_recordset(p_jobs) as a (
      kind text, queue smallint, dedup_key text, payload jsonb, priority smallint,
      max_attempts smallint, account_id uuid, delay_seconds float8
    )
  ), ahead as (
    -- What its account has waiting of the same urgency, as far as it counts.
    select p.account_id, p.urgency, w.jobs
    from (select distinct a.account_id, a.priority / 100 as urgency from asked a where a.account_id is not null) p
    cross join lateral (
      select count(*) as jobs
      from (
        select from raphael_private.sync_jobs s
        where s.account_id = p.account_id and s.priority / 100 = p.urgency
        limit 160
      ) s
    ) w
  )
  insert into raphael_private.sync_jobs as j
    (kind, queue, dedup_key, payload, priority, max_attempts, account_id, run_at)
  select distinct on (n.dedup_key)
    n.kind, n.queue, n.dedup_key, n.payload,
    -- Fair between people at no cost to the claim: each four jobs of one account stand a step behind,
    -- so that who brings one does not wait for who brought five hundred.
    n.priority + least(n.place / 4, 40),
    coalesce(n.max_attempts, q.max_attempts), n.account_id,
    now() + make_interval(secs => coalesce(n.delay_seconds, 0))
  from (
    select a.*, coalesce(
      h.jobs + row_number() over (partition by a.account_id, a.priority / 100 order by a.priority) - 1, 0
    ) as place
    from asked a
    left join ahead h on h.account_id = a.account_id and h.urgency = a.priority / 100
  ) n
  left join raphael_private.queues q on q.id = n.queue
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
set enable_seqscan = off
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
  p_after_priority smallint default '-32768',
  p_after_run_at timestamptz default '-infinity',
  p_after_id bigint default 0
) returns table (
  ids bigint[], epoch bigint, kinds text[], payloads text, cursors text[], attempts smallint[],
  created_at float8[], place text
)
language plpgsql
security definer
set search_path = ''
-- The plan that is right for a full queue, whatever the statistics say: those of a table that was empty
-- when it was analysed sort the whole backlog for each claim, 45 ms for 60,000 rows against 0.3.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
set lock_timeout = '50ms'
as $$
#variable_conflict use_column
declare
  v_exhausted bigint[];
  v_epoch bigint := extract(epoch from clock_timestamp()) * 1000000;
  v_until timestamptz := now() + make_interval(secs => p_lease_seconds);
begin
  -- Jobs of a provider that may not be asked just now make room for the others'.
  if exists (
    select from raphael_private.provider_gates g
    where g.breaker <> 'closed' or greatest(g.paused_until, g.blocked_until, g.busy_until) > now()
  ) then
    perform raphael_private.defer_blocked(p_queue, p_limit);
  end if;

  -- Claims of a queue take turns. Two at once read the same rows, and the later, before it finds them
  -- taken, locks what the earlier has leased: its worker's completions then wait for this commit. It is
  -- courtesy only: behind one that stands still nobody waits, and nothing is taken twice either way.
  begin
    perform pg_advisory_xact_lock(hashtext('raphael_private.claim_jobs'), p_queue);
  exception when lock_not_available then
    null;
  end;

  -- A job whose lease ran out was on a worker that died or stalled. It cannot be told whether the job
  -- killed it or a neighbour did: so it gets its attempt back and goes to the solo queue (-queue),
  -- where each is claimed alone and charged. A poison job then spends its own attempts only.
  if p_queue < 0 then
    select array_agg(j.id) into v_exhausted
    from (
      select s.id
      from raphael_private.sync_jobs s
      where s.queue = p_queue and s.leased_until < now() and s.attempt >= s.max_attempts
      order by s.priority, s.run_at, s.id + 0
      limit 10
      for update skip locked
    ) j;
    if v_exhausted is not null then
      perform raphael_private.bury(v_exhausted, 'worker_died', 'Cannot finish job: its worker died each time');
    end if;
  end if;

  -- Not flushed: what a crash of the server takes back is claimed again, under another epoch, and who
  -- held it can commit nothing. A solo claim is flushed, so that it is charged whatever it does.
  if p_queue > 0 then
    perform set_config('synchronous_commit', 'off', true);
  end if;

  return query
  with candidate as materialized (
    select s.ctid as place, s.leased_until is not null and s.queue > 0 as orphaned,
           s.priority, s.run_at, s.id, s.epoch
    from raphael_private.sync_jobs s
    where s.queue = p_queue and s.run_at <= now() and (s.leased_until is null or s.leased_until < now())
      and (s.priority, s.run_at, s.id + 0) > (p_after_priority, p_after_run_at, p_after_id)
    order by s.priority, s.run_at, s.id + 0
    limit p_limit
    for update skip locked
  ), token as materialized (
    -- One for all. By the clock, so that it differs also from one that a crash of the server took back.
    select greatest(max(c.epoch) + 1, v_epoch) as epoch from candidate c
  ), claimed as (
    update raphael_private.sync_jobs j
    set queue = case when c.orphaned then -j.queue else j.queue end,
        attempt = case when c.orphaned then greatest(j.attempt - 1, 0) else j.attempt + 1 end,
        epoch = t.epoch,
        leased_until = case when not c.orphaned then v_until end,
        -- What starts now sees all that was triggered before; a job in mid-pages does not start now.
        rerun = j.rerun and j.cursor is not null
    from candidate c
    cross join token t
    -- The row lock holds the place still. A row that changed since the snapshot is not found there: it
    -- stays unclaimed, and the next claim has it.
    where j.ctid = c.place
    returning j.id, j.epoch, j.kind, j.payload, j.cursor, j.attempt, j.created_at, c.orphaned
  )
  -- One row for all, in the candidates' order: the joins set above keep it, and a sort of 500 rows and
  -- the driver's work on each of them cost more than the rest of the claim.
  select array_agg(c.id), max(c.epoch), array_agg(c.kind), '[' || string_agg(c.payload::text, ',') || ']',
         array_agg(c.cursor), array_agg(c.attempt), array_agg(date_part('epoch', c.created_at)),
         (
           select l.priority || ' ' || l.id || ' ' || l.run_at::text
           from candidate l
           order by l.priority desc, l.run_at desc, l.id desc
           limit 1
         )
  from claimed c
  where not c.orphaned;
end
$$;
comment on function raphael_private.claim_jobs(smallint, int, float8, smallint, timestamptz, bigint) is
  'Leases up to p_limit due jobs of a queue, most urgent first; -queue gives jobs whose worker died, to be run alone. '
  'One row for all, an element a job (nulls where there is none), one epoch; payloads are a JSON array, created_at seconds since 1970. '
  'The last job''s place is `priority id run_at`: a claim that starts behind it walks no index entries of jobs long done';
grant execute on function raphael_private.claim_jobs(smallint, int, float8, smallint, timestamptz, bigint) to raphael_app;

create function raphael_private.solo_waits() returns boolean
language sql
stable
security definer
set search_path = ''
set enable_seqscan = off
set enable_bitmapscan = off
as $$
  select exists (
    select from raphael_private.sync_jobs j
    where j.queue < 0 and j.run_at <= now() and (j.leased_until is null or j.leased_until < now())
  )
$$;
comment on function raphael_private.solo_waits() is 'Whether a job whose worker died waits to be run alone';
grant execute on function raphael_private.solo_waits() to raphael_app;

reset role;
