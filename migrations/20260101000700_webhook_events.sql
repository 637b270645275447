set role raphael_owner;

create table raphael_private.webhook_events (
  id           bigint generated always as identity primary key,
  provider     text not null,
  dedup_key    text collate "C" not null,
  received_at  timestamptz not null default now(),
  processed_at timestamptz,
  deliveries   int not null default 1,
  content_type text not null,
  headers      jsonb not null,
  body         bytea not null,
  outcome      text,
  unique (provider, dedup_key)
);
comment on table raphael_private.webhook_events is
  'Every webhook that we answered with 2xx, as it came. Kept 30 days';
comment on column raphael_private.webhook_events.dedup_key is
  'Identity of the delivery: it saves work and stops replay; correctness is the records'' own (source_version, observed_at)';
comment on column raphael_private.webhook_events.body is 'Raw bytes; jsonb would refuse some and reorder all';
comment on column raphael_private.webhook_events.headers is 'Those that the driver reads, never its signature';
comment on column raphael_private.webhook_events.outcome is 'processed, unmatched, …';
create index webhook_events_received_at on raphael_private.webhook_events (received_at);

create function raphael_private.record_webhooks(
  p_events jsonb,
  p_bodies bytea,
  p_kind text,
  p_queue smallint,
  p_priority smallint
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_count int;
begin
  with given as (
    select distinct on (n.provider, n.dedup_key)
      n.*, count(*) over (partition by n.provider, n.dedup_key) as deliveries
    from (
      select r.provider, r.dedup_key collate "C" as dedup_key, r.content_type, r.headers, r.starts_at, r.bytes
      from jsonb_to_recordset(p_events) as r (
        provider text, dedup_key text, content_type text, headers jsonb, starts_at int, bytes int
      )
    ) n
    -- In key order, so that two isolates with overlapping groups wait and never deadlock.
    order by n.provider, n.dedup_key
  ), stored as (
    -- A duplicate that races the first delivery waits here for its commit, so its 2xx is true as well.
    insert into raphael_private.webhook_events as e
      (provider, dedup_key, content_type, headers, body, deliveries)
    select g.provider, g.dedup_key, g.content_type, g.headers,
           substring(p_bodies from g.starts_at + 1 for g.bytes), g.deliveries
    from given g
    order by g.provider, g.dedup_key
    on conflict (provider, dedup_key) do update set deliveries = e.deliveries + excluded.deliveries
    -- Zero in a row that was inserted; one that was there has been locked by its update.
    returning e.id, e.xmax = 0 as is_new
  ), queued as (
    -- Not by enqueue_jobs: the key of a new event is new, and of no account, so that there is nothing to
    -- coalesce and nobody to be fair to; without that a job costs 11 µs in place of 24.
    insert into raphael_private.sync_jobs (kind, queue, dedup_key, payload, priority, max_attempts)
    select p_kind, q.id, 'webhook:' || s.id, jsonb_build_object('eventId', s.id::text), p_priority, q.max_attempts
    from stored s
    join raphael_private.queues q on q.id = p_queue
    where s.is_new
    returning id
  )
  select count(*) into v_count from queued;
  return v_count;
end
$$;
comment on function raphael_private.record_webhooks(jsonb, bytea, text, smallint, smallint) is
  'Events and their jobs in one statement: after its commit, and only then, providers are answered 2xx. The bodies come as one value, cut by starts_at and bytes. Returns how many were new';
grant execute on function raphael_private.record_webhooks(jsonb, bytea, text, smallint, smallint) to raphael_app;

create function raphael_private.read_webhook(p_id bigint)
returns table (provider text, content_type text, headers jsonb, body bytea, received_at timestamptz)
language sql
stable
security definer
set search_path = ''
as $$
  select e.provider, e.content_type, e.headers, e.body, e.received_at
  from raphael_private.webhook_events e
  where e.id = p_id
$$;
comment on function raphael_private.read_webhook(bigint) is 'A stored webhook, for the job that processes it';
grant execute on function raphael_private.read_webhook(bigint) to raphael_app;

create function raphael_private.settle_webhook(p_id bigint, p_outcome text) returns void
language sql
security definer
set search_path = ''
as $$
  update raphael_private.webhook_events e
  set processed_at = now(), outcome = p_outcome
  where e.id = p_id
$$;
comment on function raphael_private.settle_webhook(bigint, text) is 'Notes what became of a webhook';
grant execute on function raphael_private.settle_webhook(bigint, text) to raphael_app;

reset role;
