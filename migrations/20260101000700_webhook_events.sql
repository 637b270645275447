set role raphael_owner;

create table raphael_private.webhook_events (
  id           bigint generated always as identity primary key,
  provider     text not null,
  dedup_key    text not null,
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

create function raphael_private.record_webhook(
  p_provider text,
  p_dedup_key text,
  p_content_type text,
  p_headers jsonb,
  p_body bytea,
  p_job jsonb
) returns table (event_id bigint, inserted boolean)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id bigint;
  v_inserted boolean;
begin
  -- A duplicate that races the first delivery waits here for its commit, so its 2xx is true as well.
  insert into raphael_private.webhook_events as e (provider, dedup_key, content_type, headers, body)
  values (p_provider, p_dedup_key, p_content_type, p_headers, p_body)
  on conflict (provider, dedup_key) do update set deliveries = e.deliveries + 1
  returning e.id, e.deliveries = 1 into v_id, v_inserted;
  if v_inserted then
    perform raphael_private.enqueue_jobs(jsonb_build_array(p_job || jsonb_build_object(
      'dedup_key', 'webhook:' || v_id,
      'payload', jsonb_build_object('eventId', v_id::text)
    )));
  end if;
  return query select v_id, v_inserted;
end
$$;
comment on function raphael_private.record_webhook(text, text, text, jsonb, bytea, jsonb) is
  'Event and job in one statement: after its commit, and only then, the provider is answered 2xx';
grant execute on function raphael_private.record_webhook(text, text, text, jsonb, bytea, jsonb) to raphael_app;

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
