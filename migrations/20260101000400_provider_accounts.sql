set role raphael_owner;

create table raphael.provider_accounts (
  id               uuid primary key default gen_random_uuid(),
  user_key         int not null references raphael.people (user_key) on delete cascade,
  user_id          uuid not null,
  provider         text not null,
  region           text not null default '',
  external_user_id text not null check (external_user_id <> ''),
  via              text,
  site             text,
  status           text not null default 'pending' check (status in ('pending', 'active', 'error', 'disconnected')),
  cause            text,
  scopes           text[],
  generation       int not null default 1,
  token_version    int not null default 0,
  ui_id            text,
  time_zone        text,
  connected_at     timestamptz,
  updated_at       timestamptz not null default now()
);
comment on table raphael.provider_accounts is
  'A person''s linked account at one provider. Tokens are apart, in raphael_private.account_tokens';
comment on column raphael.provider_accounts.id is 'Names the account in jobs and in the API';
comment on column raphael.provider_accounts.user_key is 'Whose account it is';
comment on column raphael.provider_accounts.user_id is 'The same person as auth.users.id, for policies and realtime filters';
comment on column raphael.provider_accounts.provider is 'Slug of the driver';
comment on column raphael.provider_accounts.region is 'Where the provider keeps the account; empty where it has one region';
comment on column raphael.provider_accounts.external_user_id is 'The provider''s id of the person; webhooks name it';
comment on column raphael.provider_accounts.via is 'The service behind an aggregator, such as garmin behind Terra';
comment on column raphael.provider_accounts.site is 'Origin of the person''s own server, for a service that each hosts alone';
comment on column raphael.provider_accounts.status is 'pending until the ticket is presented; error when the person must link again';
comment on column raphael.provider_accounts.cause is 'Why the status is error or disconnected';
comment on column raphael.provider_accounts.scopes is 'What was granted, where the provider says';
comment on column raphael.provider_accounts.generation is 'Grows at each link and disconnect: a writer of an older one may commit nothing';
comment on column raphael.provider_accounts.token_version is
  'Highest version that tokens, gone since, were sealed with: whoever links again goes on from there';
comment on column raphael.provider_accounts.ui_id is 'The name under which the app asked, kept for its cards';
comment on column raphael.provider_accounts.time_zone is
  'IANA zone of the provider''s profile: dates readings without an offset of a person who chose none';
comment on column raphael.provider_accounts.connected_at is 'When the person last linked it';
comment on column raphael.provider_accounts.updated_at is 'Last change of status';

-- One external account belongs to one person at a time; a forgotten one is free again.
create unique index provider_accounts_live_identity
  on raphael.provider_accounts (provider, region, external_user_id) where status <> 'disconnected';
create index provider_accounts_user on raphael.provider_accounts (user_key, provider);
create index provider_accounts_user_id on raphael.provider_accounts (user_id);

alter table raphael.provider_accounts enable row level security;
alter table raphael.provider_accounts force row level security;
create policy owner_all on raphael.provider_accounts to raphael_owner using (true) with check (true);
grant select on raphael.provider_accounts to authenticated;

create table raphael_private.account_tokens (
  account_id          uuid primary key references raphael.provider_accounts (id) on delete cascade,
  token_version       int not null,
  access_ct           text not null,
  refresh_ct          text,
  refresh_fingerprint bytea,
  expires_at          timestamptz,
  refresh_state       text not null default 'idle' check (refresh_state in ('idle', 'in_flight', 'uncertain', 'dead')),
  refresh_epoch       int not null default 0,
  refresh_not_before  timestamptz,
  in_doubt_since      timestamptz,
  source_fingerprint  bytea,
  source_epoch        int,
  refreshed_at        timestamptz not null default now(),
  check ((refresh_ct is null) = (refresh_fingerprint is null)),
  check (refresh_state <> 'in_flight' or refresh_not_before is not null),
  check (refresh_state <> 'uncertain' or in_doubt_since is not null),
  -- Both are sealed at once, so one index tells which keys are in use.
  check (split_part(refresh_ct, '.', 2) = split_part(access_ct, '.', 2))
);
comment on table raphael_private.account_tokens is
  'Sealed tokens (AES-256-GCM, bound to account, person, provider, column and token_version)';
comment on column raphael_private.account_tokens.refresh_fingerprint is
  'sha256 of the refresh token: a refresh commits only against the token that it consumed';
comment on column raphael_private.account_tokens.refresh_state is
  'Written before the request goes out, so that a crash in between is seen as uncertain';
comment on column raphael_private.account_tokens.refresh_not_before is
  'Nobody starts a refresh earlier: the lease of the one in flight, or the pause after a doubt or a 429';
comment on column raphael_private.account_tokens.in_doubt_since is
  'Since when a request may have rotated the token without our knowing';
comment on column raphael_private.account_tokens.source_fingerprint is
  'The refresh token that these were exchanged for, and source_epoch by which request: of two answers to one token the later request''s is the provider''s word';
create index account_tokens_expiry on raphael_private.account_tokens (expires_at);
create index account_tokens_kid on raphael_private.account_tokens (split_part(access_ct, '.', 2));

create table raphael_private.revocations (
  id           uuid primary key default gen_random_uuid(),
  account_id   uuid not null,
  user_id      uuid not null,
  provider     text not null,
  region       text not null,
  external_user_id text not null,
  token_version int,
  access_ct    text,
  refresh_ct   text,
  created_at   timestamptz not null default now()
);
comment on table raphael_private.revocations is
  'Outbox: grants that we have forgotten and the provider has not. Deleted once it has, or after 30 days';

reset role;

-- Made by the migrating role: raphael_owner has no right to the schema auth.
create policy own_rows on raphael.provider_accounts for select to authenticated
  using (user_id = (select auth.uid()));
