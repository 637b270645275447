-- Jobs before a gate that is shut, and what an operator does to it.

set role raphael_owner;

create function raphael_private.gate_pace(p_provider text) returns float8
language sql
stable
security definer
set search_path = ''
as $$
  -- A little below the budget, so that who comes in line finds a credit; 20 a second where none is declared.
  select coalesce(min(0.95 * raphael_private.budget_rate(n, s)), 20)
  from raphael_private.provider_budgets b
  cross join unnest(b.requests, b.seconds) u (n, s)
  where b.provider = p_provider
$$;
comment on function raphael_private.gate_pace(text) is
  'Deferred jobs of a provider that come back a second';

create function raphael_private.defer_blocked(p_queue smallint, p_limit int) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  c_head constant int := 500;
  g raphael_private.provider_gates;
  r record;
  v_pace float8;
  v_starts timestamptz[];
  v_head int;
  v_blocked int;
  v_moved int;
  v_counts int[];
begin
  -- A claim looks at the head of the queue again until enough of it is free; 20 passes are 10,000 jobs.
  for pass in 1 .. 20 loop
    v_blocked := 0;
    v_moved := 0;
    for r in
      with head as materialized (
        select j.id, j.account_id, j.kind, row_number() over (order by j.priority, j.run_at, j.id + 0) as place
        from raphael_private.sync_jobs j
        where j.queue = p_queue and j.run_at <= now() and j.leased_until is null
        order by j.priority, j.run_at, j.id + 0
        limit c_head
      ), shut as materialized (
        -- Behind a breaker that is about to probe, or ramps, as many jobs may come as it lets begin.
        select p.provider, greatest(p.paused_until, p.blocked_until) as until, p.busy_until,
               raphael_private.gate_room(p) as room
        from raphael_private.provider_gates p
        where p.breaker <> 'closed' or greatest(p.paused_until, p.blocked_until, p.busy_until) > now()
      ), waiting as (
        select s.provider, h.id, s.until > now() or s.busy_until > now() and h.kind <> 'token.refresh'
          or row_number() over (partition by s.provider order by h.place) > s.room as blocked
        from head h
        join raphael.provider_accounts a on a.id = h.account_id
        join shut s on s.provider = a.provider
      )
      select w.provider, array_agg(w.id) as ids, (select count(*) from head) as head
      from waiting w
      where w.blocked
      group by w.provider
      order by w.provider -- locks of two claims are taken in one order
    loop
      v_head := r.head;
      v_blocked := v_blocked + cardinality(r.ids);
      select * into g from raphael_private.provider_gates x where x.provider = r.provider for update;
      v_pace := raphael_private.gate_pace(g.provider);
      -- A pause may have no end: behind it jobs are looked at once an hour.
      select array_agg(greatest(
        l, least(greatest(g.paused_until, g.blocked_until, g.busy_until), now() + interval '1 hour'),
        clock_timestamp() + case g.breaker when 'closed' then interval '0' else interval '1 second' end
      ) order by n)
      into v_starts
      from unnest(g.lines) with ordinality u (l, n);

      with locked as materialized (
        select j.id, j.priority, j.run_at, least(j.priority / 100, 2) + 1 as line
        from raphael_private.sync_jobs j
        where j.id = any (r.ids) and j.run_at <= now() and j.leased_until is null
        for update skip locked
      ), placed as (
        select l.id, l.line, row_number() over (partition by l.line order by l.priority, l.run_at, l.id) as place
        from locked l
      ), moved as (
        update raphael_private.sync_jobs j
        set run_at = v_starts[p.line] + make_interval(secs => p.place / v_pace),
            -- No snooze: what it stands here does not count towards the 24 hours of those.
            snoozed_since = j.snoozed_since + (v_starts[p.line] + make_interval(secs => p.place / v_pace) - now())
        from placed p
        where j.id = p.id
        returning p.line
      )
      select array[
        count(*) filter (where m.line = 1), count(*) filter (where m.line = 2), count(*) filter (where m.line = 3)
      ] into v_counts
      from moved m;
      v_moved := v_moved + v_counts[1] + v_counts[2] + v_counts[3];
      update raphael_private.provider_gates x
      set lines = array(
        select case when v_counts[n] > 0 then v_starts[n] + make_interval(secs => v_counts[n] / v_pace) else l end
        from unnest(g.lines) with ordinality u (l, n) order by n
      )
      where x.provider = r.provider;
    end loop;
    exit when v_moved = 0 or v_head < c_head or v_head - v_blocked >= p_limit;
  end loop;
end
$$;
comment on function raphael_private.defer_blocked(smallint, int) is
  'Takes due jobs of shut providers out of a queue''s head: each gets its place in line behind the gate, at the pace of the budget. Spends neither attempt nor snooze';

create function raphael_private.pause_provider(p_provider text, p_until timestamptz default 'infinity') returns void
language sql
security definer
set search_path = ''
as $$
  insert into raphael_private.provider_gates (provider, paused_until) values (p_provider, p_until)
  on conflict (provider) do update set paused_until = excluded.paused_until
$$;
comment on function raphael_private.pause_provider(text, timestamptz) is
  'Sends a provider nothing until then, but for what a person waits for while linking; its jobs keep their places';
grant execute on function raphael_private.pause_provider(text, timestamptz) to raphael_app;

create function raphael_private.resume_provider(p_provider text) returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  g raphael_private.provider_gates;
  v_pace float8;
  v_start timestamptz;
  v_count bigint;
begin
  update raphael_private.provider_gates x
  set paused_until = '-infinity'
  where x.provider = p_provider
  returning * into g;
  v_pace := raphael_private.gate_pace(g.provider);
  v_start := greatest(now(), g.blocked_until);
  with waiting as materialized (
    select j.id
    from raphael_private.sync_jobs j
    join raphael.provider_accounts a on a.id = j.account_id
    where a.provider = p_provider and j.leased_until is null and j.run_at > v_start
    for update of j skip locked
  ), placed as (
    select j.id, row_number() over (order by j.priority, j.run_at, j.id + 0) as place
    from raphael_private.sync_jobs j join waiting w on w.id = j.id
  ), moved as (
    update raphael_private.sync_jobs j
    set run_at = least(j.run_at, v_start + make_interval(secs => p.place / v_pace))
    from placed p
    where j.id = p.id
    returning j.id
  )
  select count(*) into v_count from moved;
  update raphael_private.provider_gates x
  set lines = array_fill(v_start + make_interval(secs => v_count / v_pace), array[3])
  where x.provider = p_provider;
  return v_count;
end
$$;
comment on function raphael_private.resume_provider(text) is
  'Ends a pause, and brings what waits forward at the pace of the budget; how many jobs. Retry-After and breaker stay';
grant execute on function raphael_private.resume_provider(text) to raphael_app;

create view raphael_private.gate_states with (security_invoker = true) as
select
  g.provider,
  case
    when g.paused_until > now() then 'paused'
    when g.breaker <> 'closed' then g.breaker
    when g.blocked_until > now() then 'limited'
    when g.busy_until > now() then 'busy'
    else 'free'
  end as state,
  nullif(greatest(g.paused_until, g.blocked_until), '-infinity') as no_request_before,
  g.failures,
  g.openings,
  cardinality(g.slots) as under_way,
  b.budget,
  b.left_now
from raphael_private.provider_gates g
cross join lateral (
  select string_agg(n || ' in ' || s || ' s', ', ') as budget,
         floor(min(least(
           raphael_private.budget_burst(n),
           c + raphael_private.budget_rate(n, s) * extract(epoch from now() - x.credited_at)
         ))) as left_now
  from raphael_private.provider_budgets x
  cross join unnest(x.requests, x.seconds, x.credits) u (n, s, c)
  where x.provider = g.provider
) b;
comment on view raphael_private.gate_states is
  'Each provider''s gate: free, busy (budget), limited (Retry-After), open, half_open, ramping or paused; requests that may leave at once';

reset role;
