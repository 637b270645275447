set role raphael_owner;

create table raphael_private.oauth_states (
  state_hash        bytea primary key,
  id                uuid not null unique default gen_random_uuid(),
  user_id           uuid not null,
  provider          text not null,
  region            text not null default '',
  redirect_uri      text not null,
  return_to         text not null,
  ui_id             text,
  verifier_ct       text,
  created_at        timestamptz not null default now(),
  expires_at        timestamptz not null default now() + interval '10 minutes',
  consumed_at       timestamptz,
  -- second half, from the callback on: what the provider brought, sealed, until the ticket comes
  ticket_hash       bytea unique,
  ticket_expires_at timestamptz,
  ticket_used_at    timestamptz,
  callback_ct       text
);
comment on table raphael_private.oauth_states is
  'A link in the making. State and ticket are random and stored hashed; the code is sealed until the same person brings the ticket';
create index oauth_states_expiry on raphael_private.oauth_states (expires_at);
create index oauth_states_user on raphael_private.oauth_states (user_id);

create function raphael_private.begin_connection(
  p_state_hash bytea,
  p_id uuid,
  p_user_id uuid,
  p_provider text,
  p_region text,
  p_redirect_uri text,
  p_return_to text,
  p_ui_id text,
  p_verifier_ct text
) returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_expires_at timestamptz;
begin
  -- Twenty open attempts are a person who keeps clicking; more is somebody else. One at a time counts
  -- and adds, or a burst would pass together.
  perform pg_advisory_xact_lock(hashtextextended('begin_connection:' || p_user_id, 0));
  if (
    select count(*) from raphael_private.oauth_states s
    where s.user_id = p_user_id and s.consumed_at is null and s.expires_at > now()
  ) >= 20 then
    raise exception 'too many open connections' using errcode = 'RH003';
  end if;
  insert into raphael_private.oauth_states
    (state_hash, id, user_id, provider, region, redirect_uri, return_to, ui_id, verifier_ct)
  values
    (p_state_hash, p_id, p_user_id, p_provider, p_region, p_redirect_uri, p_return_to, p_ui_id, p_verifier_ct)
  returning expires_at into v_expires_at;
  return v_expires_at;
end
$$;
comment on function raphael_private.begin_connection(bytea, uuid, uuid, text, text, text, text, text, text) is
  'Remembers a state for 10 minutes by this database''s clock; RH003 above 20 open ones';
grant execute on function raphael_private.begin_connection(bytea, uuid, uuid, text, text, text, text, text, text)
  to raphael_app;

create function raphael_private.consume_state(p_state_hash bytea)
returns table (
  id uuid, user_id uuid, provider text, region text, redirect_uri text, return_to text, ui_id text, verifier_ct text
)
language sql
security definer
set search_path = ''
as $$
  -- By its hash alone: a state that is brought to the wrong provider is burnt too.
  update raphael_private.oauth_states s
  set consumed_at = now()
  where s.state_hash = p_state_hash and s.consumed_at is null and s.expires_at > now()
  returning s.id, s.user_id, s.provider, s.region, s.redirect_uri, s.return_to, s.ui_id, s.verifier_ct
$$;
comment on function raphael_private.consume_state(bytea) is
  'The state, once: of any number of callbacks that bring it, one gets the row';
grant execute on function raphael_private.consume_state(bytea) to raphael_app;

create function raphael_private.issue_ticket(p_id uuid, p_ticket_hash bytea, p_callback_ct text)
returns void
language sql
security definer
set search_path = ''
as $$
  update raphael_private.oauth_states s
  set ticket_hash = p_ticket_hash,
      ticket_expires_at = now() + interval '3 minutes',
      callback_ct = p_callback_ct
  where s.id = p_id and s.consumed_at is not null and s.ticket_hash is null
$$;
comment on function raphael_private.issue_ticket(uuid, bytea, text) is
  'Keeps what the callback brought, sealed, for 3 minutes';
grant execute on function raphael_private.issue_ticket(uuid, bytea, text) to raphael_app;

create function raphael_private.consume_ticket(p_ticket_hash bytea)
returns table (
  id uuid, user_id uuid, provider text, region text, redirect_uri text, ui_id text,
  verifier_ct text, callback_ct text
)
language sql
security definer
set search_path = ''
as $$
  with ticket as (
    select s.id, s.verifier_ct, s.callback_ct
    from raphael_private.oauth_states s
    where s.ticket_hash = p_ticket_hash and s.ticket_used_at is null and s.ticket_expires_at > now()
    for update
  )
  update raphael_private.oauth_states s
  set ticket_used_at = now(), verifier_ct = null, callback_ct = null
  from ticket
  where s.id = ticket.id
  returning s.id, s.user_id, s.provider, s.region, s.redirect_uri, s.ui_id, ticket.verifier_ct, ticket.callback_ct
$$;
comment on function raphael_private.consume_ticket(bytea) is
  'The ticket, once; whoever brings it burns it, and the caller compares the person. What was sealed is erased';
grant execute on function raphael_private.consume_ticket(bytea) to raphael_app;

create function raphael_private.find_open_state(p_state_hash bytea, p_provider text)
returns table (user_id uuid, region text, ui_id text)
language sql
stable
security definer
set search_path = ''
as $$
  select s.user_id, s.region, s.ui_id
  from raphael_private.oauth_states s
  where s.state_hash = p_state_hash and s.provider = p_provider
    and s.created_at > now() - interval '1 hour'
$$;
comment on function raphael_private.find_open_state(bytea, text) is
  'Who began the widget session that a webhook refers to; the state stays as it is';
grant execute on function raphael_private.find_open_state(bytea, text) to raphael_app;

reset role;

alter table raphael_private.oauth_states
  add constraint oauth_states_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade;
