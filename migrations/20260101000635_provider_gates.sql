-- Outgoing care: every request to a provider passes its gate. The row is shared by all workers, its clock is
-- this database's, and each decision is one call that holds the row's lock: no two of them see one credit.
--
-- Breaker:  closed --K failures in a row--> open --its time is over, one probe--> half_open
--           half_open --probe fails--> open, for twice as long;  --probe succeeds--> ramping
--           ramping --K failures--> open;  --64 at once are allowed--> closed

set role raphael_owner;

create table raphael_private.provider_gates (
  provider         text primary key,
  paused_until     timestamptz not null default '-infinity',
  blocked_until    timestamptz not null default '-infinity',
  busy_until       timestamptz not null default '-infinity',
  breaker          text not null default 'closed' check (breaker in ('closed', 'open', 'half_open', 'ramping')),
  failures         int not null default 0,
  openings         int not null default 0,
  ramp_since       timestamptz,
  slots            timestamptz[] not null default '{}',
  lines            timestamptz[] not null default '{-infinity,-infinity,-infinity}',
  failures_to_open int not null default 5 check (failures_to_open > 0),
  open_seconds     float8 not null default 30 check (open_seconds > 0),
  open_seconds_max float8 not null default 600,
  probe_seconds    float8 not null default 75 check (probe_seconds > 0),
  ramp_seconds     float8 not null default 60 check (ramp_seconds > 0),
  check ((breaker = 'ramping') = (ramp_since is not null))
) with (fillfactor = 50);
comment on table raphael_private.provider_gates is
  'Whether a provider may be asked just now, a row a provider. The last five columns are settings';
comment on column raphael_private.provider_gates.paused_until is 'By an operator: pause_provider(), resume_provider()';
comment on column raphael_private.provider_gates.blocked_until is 'No request before: Retry-After, or the open breaker';
comment on column raphael_private.provider_gates.busy_until is
  'The budget turned a request away: the claim leaves pulls alone until then';
comment on column raphael_private.provider_gates.failures is 'In a row: 5xx, resets, timeouts';
comment on column raphael_private.provider_gates.openings is 'In a row: the breaker stays open for open_seconds * 2^(openings - 1)';
comment on column raphael_private.provider_gates.slots is
  'While half open or ramping: until when each request under way has its slot; a dead worker''s runs out';
comment on column raphael_private.provider_gates.lines is
  'End of the line of deferred jobs: what a person waits for (priority below 100), news (below 200), history';
comment on column raphael_private.provider_gates.probe_seconds is 'Lease of a slot, longer than any request';
comment on column raphael_private.provider_gates.ramp_seconds is 'How long before twice as many requests may be under way: 1, 2, 4 …';

-- Apart from the gates, which every claim reads: this changes with each request, and under an old snapshot
-- all its versions would be in the claim's way.
create table raphael_private.provider_budgets (
  provider    text primary key references raphael_private.provider_gates (provider) on delete cascade,
  requests    int[] not null,
  seconds     float8[] not null,
  credits     float8[] not null,
  credited_at timestamptz not null
) with (fillfactor = 50);
comment on table raphael_private.provider_budgets is
  'What is left of a provider''s budget, one number a limit. The lock is its gate''s';
comment on column raphael_private.provider_budgets.credits is
  'Requests that may leave now. A fifth of the budget is the most that gathers, and the rest flows in over its time, so that no window of that time ever sees more than the budget';

create function raphael_private.budget_burst(p_requests int) returns float8
language sql
immutable
security definer
set search_path = ''
as $$
  select greatest(1, p_requests * 0.2)
$$;
comment on function raphael_private.budget_burst(int) is
  'Most requests that gather while nobody asks: a fifth of a limit';

create function raphael_private.budget_rate(p_requests int, p_seconds float8) returns float8
language sql
immutable
security definer
set search_path = ''
as $$
  select greatest(1, p_requests * 0.8) / p_seconds
$$;
comment on function raphael_private.budget_rate(int, float8) is
  'Requests that flow in a second: the other four fifths, over the limit''s time';

create function raphael_private.gate_room(g raphael_private.provider_gates) returns int
language sql
volatile
security definer
set search_path = ''
as $$
  select case
    when g.breaker = 'closed' then 1000000
    else (
      case
        when g.breaker = 'ramping'
          then 2 ^ least(floor(extract(epoch from clock_timestamp() - g.ramp_since) / g.ramp_seconds), 6)
        else 1
      end - (select count(*) from unnest(g.slots) s where s > clock_timestamp())
    )::int
  end
$$;
comment on function raphael_private.gate_room(raphael_private.provider_gates) is
  'Requests that the breaker lets begin now: one probe, then 1, 2, 4 … under way, less those that are';

create function raphael_private.enter_gate(p_provider text, p_requests int[], p_seconds float8[], p_urgency text)
returns table (wait_seconds float8, slot timestamptz, watched boolean)
language plpgsql
security definer
set search_path = ''
as $$
declare
  g raphael_private.provider_gates;
  b raphael_private.provider_budgets;
  v_was raphael_private.provider_gates;
  v_now timestamptz;
  v_burst float8;
  v_rate float8;
  v_need float8;
  v_wait float8 := 0;
begin
  select * into g from raphael_private.provider_gates x where x.provider = p_provider for update;
  if not found then
    insert into raphael_private.provider_gates (provider) values (p_provider) on conflict do nothing;
    select * into g from raphael_private.provider_gates x where x.provider = p_provider for update;
  end if;
  v_now := clock_timestamp(); -- after the lock: now() may lie before the last decision
  v_was := g;
  g.slots := array(select s from unnest(g.slots) s where s > v_now);
  if cardinality(p_requests) > 0 then
    select * into b from raphael_private.provider_budgets x where x.provider = p_provider;
    if b.requests is distinct from p_requests or b.seconds is distinct from p_seconds then
      b.credits := '{}';
    end if;
  end if;
  for i in 1 .. cardinality(p_requests) loop
    v_burst := raphael_private.budget_burst(p_requests[i]);
    v_rate := raphael_private.budget_rate(p_requests[i], p_seconds[i]);
    -- Pulls leave a fifth of what gathers to refreshes and revocations.
    v_need := least(v_burst, 1 + v_burst / 5);
    -- A new gate starts full: of a daily budget it would gather for hours what a first link needs at once.
    b.credits[i] := least(
      v_burst,
      coalesce(b.credits[i] + v_rate * extract(epoch from v_now - b.credited_at), v_burst)
    );
    v_wait := greatest(v_wait, (case p_urgency when 'pull' then v_need else 1 end - b.credits[i]) / v_rate);
  end loop;

  if p_urgency = 'interactive' then
    v_wait := 0; -- counted, never held up: a person looks on
  elsif greatest(g.paused_until, g.blocked_until) > v_now then
    v_wait := extract(epoch from least(greatest(g.paused_until, g.blocked_until), v_now + interval '1 hour') - v_now);
  else
    if g.breaker = 'ramping' and v_now >= g.ramp_since + make_interval(secs => 6 * g.ramp_seconds) then
      g.breaker := 'closed';
      g.ramp_since := null;
      g.openings := 0;
      g.slots := '{}';
    end if;
    if v_wait > 0 then
      g.busy_until := greatest(g.busy_until, v_now + make_interval(secs => greatest(v_wait, 1)));
    elsif raphael_private.gate_room(g) <= 0 then
      v_wait := least(5, g.ramp_seconds); -- too long to be slept through: the worker is needed elsewhere
    elsif g.breaker <> 'closed' then
      g.breaker := case g.breaker when 'open' then 'half_open' else g.breaker end;
      slot := v_now + make_interval(secs => g.probe_seconds);
      g.slots := g.slots || slot;
    end if;
  end if;
  if v_wait <= 0 and cardinality(p_requests) > 0 then
    b.credits := array(select c - 1 from unnest(b.credits) with ordinality u (c, n) order by n);
    insert into raphael_private.provider_budgets as x (provider, requests, seconds, credits, credited_at)
    values (p_provider, p_requests, p_seconds, b.credits, v_now)
    on conflict (provider) do update
      set requests = excluded.requests, seconds = excluded.seconds, credits = excluded.credits,
          credited_at = excluded.credited_at;
  end if;
  if g is distinct from v_was then
    update raphael_private.provider_gates x
    set busy_until = g.busy_until, breaker = g.breaker, openings = g.openings, ramp_since = g.ramp_since,
        slots = g.slots
    where x.provider = p_provider;
  end if;
  wait_seconds := greatest(v_wait, 0);
  watched := g.failures > 0 or g.breaker <> 'closed';
  return next;
end
$$;
comment on function raphael_private.enter_gate(text, int[], float8[], text) is
  'Asks for one request: 0 seconds means go, and a slot or watched means say how it went. Urgency is pull, token or interactive, which never waits';
grant execute on function raphael_private.enter_gate(text, int[], float8[], text) to raphael_app;

create function raphael_private.leave_gate(
  p_provider text,
  p_slot timestamptz,
  p_outcome text,
  p_retry_seconds float8
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  g raphael_private.provider_gates;
  v_now timestamptz;
  v_probe boolean;
begin
  select * into g from raphael_private.provider_gates x where x.provider = p_provider for update;
  v_now := clock_timestamp();
  -- Only who holds the slot speaks for a half-open breaker: a request of before it opened, or one whose
  -- slot ran out, says nothing about now.
  v_probe := coalesce(p_slot = any (g.slots), false);
  g.slots := array_remove(g.slots, p_slot);

  if p_outcome = 'limited' then
    g.blocked_until := greatest(g.blocked_until, v_now + make_interval(secs => least(p_retry_seconds, 3600)));
    update raphael_private.provider_budgets x
    set credits = array(select least(c, 0) from unnest(x.credits) with ordinality u (c, n) order by n)
    where x.provider = p_provider;
  end if;
  if p_outcome = 'failed' then
    g.failures := g.failures + 1;
    if g.breaker = 'half_open' and v_probe
      or g.breaker in ('closed', 'ramping') and g.failures >= g.failures_to_open
    then
      g.breaker := 'open';
      g.openings := g.openings + 1;
      g.ramp_since := null;
      g.slots := '{}';
      g.blocked_until := greatest(
        g.blocked_until,
        v_now + make_interval(secs => least(g.open_seconds * 2 ^ least(g.openings - 1, 30), g.open_seconds_max))
      );
    end if;
  elsif p_outcome in ('ok', 'limited') then -- a 429 comes from a provider that is up
    if g.breaker = 'half_open' and v_probe then
      g.breaker := 'ramping';
      g.ramp_since := v_now;
    end if;
    if g.breaker in ('closed', 'ramping') then
      g.failures := 0;
    end if;
  end if;

  update raphael_private.provider_gates x
  set blocked_until = g.blocked_until, breaker = g.breaker, failures = g.failures, openings = g.openings,
      ramp_since = g.ramp_since, slots = g.slots
  where x.provider = p_provider;
end
$$;
comment on function raphael_private.leave_gate(text, timestamptz, text, float8) is
  'How a request went: ok, limited (429, with its seconds), failed (5xx, reset, timeout), or unused';
grant execute on function raphael_private.leave_gate(text, timestamptz, text, float8) to raphael_app;

reset role;
