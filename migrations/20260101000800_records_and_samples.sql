-- A record is what the provider sent, stored once under the provider's own id. Samples and sessions are
-- what it means, and go and come with it. Every key starts with the person, so that all of this could
-- be spread by person over several databases without a change. Nothing here has a foreign key: it comes
-- from `ingest_records` alone, which holds the person's account, and goes by `forget_person`. A check a
-- row would be paid half a million times a person and year, and would wait for a deletion that waits for
-- the writer.

set role raphael_owner;

create table raphael_private.raw_records (
  id             bigint generated always as identity,
  source_version timestamptz not null,
  observed_at    timestamptz not null,
  user_key       int not null,
  account_id     uuid not null,
  resource       text not null,
  external_id    text not null,
  payload        json,
  expires_at     timestamptz,
  deleted_at     timestamptz,
  quarantine     text[],
  sample_metrics smallint[],
  sample_from    timestamptz,
  sample_to      timestamptz,
  primary key (user_key, id),
  unique (user_key, account_id, resource, external_id)
);
comment on table raphael_private.raw_records is
  'What a provider sent, newest (source_version, observed_at) wins whatever the order of arrival';
comment on column raphael_private.raw_records.source_version is
  'The provider''s updated_at; -infinity where its resource has none';
comment on column raphael_private.raw_records.observed_at is
  'This database''s clock before the request was sent, or the event''s own time: not when the answer came, or a slow old answer would beat a fast new one';
comment on column raphael_private.raw_records.expires_at is
  'When the payload is to be forgotten, where the provider''s terms say how long it may be kept; what it means stays';
comment on column raphael_private.raw_records.deleted_at is 'Tombstone: a late older copy must not bring it back';
comment on column raphael_private.raw_records.quarantine is 'Why parts of it are not believed';
comment on column raphael_private.raw_records.sample_metrics is
  'Which metrics and span its samples have, so that they are found through the samples'' one index';

create index raw_records_expiring on raphael_private.raw_records (expires_at) where expires_at is not null;

create table raphael.sources (
  id           int generated always as identity,
  user_key     int not null,
  account_id   uuid not null,
  device       text not null default '',
  statistic    text not null default '',
  entry        text not null default '',
  daily_total  boolean not null default false,
  estimated    boolean not null default false,
  scale        text not null default '',
  device_class text not null default '',
  primary key (user_key, id),
  unique (user_key, account_id, device, statistic, entry, daily_total, estimated, scale)
);
comment on table raphael.sources is 'Where values come from and how they were made, said once for many samples';
comment on column raphael.sources.id is 'What a sample stores';
comment on column raphael.sources.user_key is 'Whose source it is';
comment on column raphael.sources.account_id is 'The linked account';
comment on column raphael.sources.device is 'Device as the provider names it; empty where it does not';
comment on column raphael.sources.statistic is 'average, nightly_average, minimum, maximum; empty for a plain value';
comment on column raphael.sources.entry is 'manual or automatic; empty where unknown';
comment on column raphael.sources.daily_total is 'A whole local day''s value: never add the day''s intraday samples to it';
comment on column raphael.sources.estimated is 'Derived by the vendor from something else';
comment on column raphael.sources.scale is 'Of a score: 0..100, open_ended; empty for a measurement';
comment on column raphael.sources.device_class is
  'watch, ring, phone, … as shared/catalog/device_classes.ts reads it from the device''s name and the provider';

alter table raphael.sources enable row level security;
alter table raphael.sources force row level security;
create policy owner_all on raphael.sources to raphael_owner using (true) with check (true);
grant select on raphael.sources to authenticated;

create table raphael.samples (
  start_at       timestamptz not null,
  record_id      bigint not null,
  value          float8 not null,
  user_key       int not null,
  source_id      int not null,
  duration_s     int not null,
  local_date     date not null,
  metric_id      smallint not null,
  offset_minutes smallint,
  day_origin     "char" not null,
  primary key (user_key, metric_id, start_at, source_id, record_id)
);
-- Nullable columns cost more than they hold: past 8 columns a row with one null in it is 8 bytes longer.
comment on table raphael.samples is 'Values of catalog metrics: 76 bytes and one index entry each';
comment on column raphael.samples.start_at is 'The instant, or the start of the span; local midnight for a daily value';
comment on column raphael.samples.record_id is 'The raw record it was read from';
comment on column raphael.samples.value is 'In the catalog''s unit';
comment on column raphael.samples.user_key is 'Whose value it is';
comment on column raphael.samples.source_id is 'raphael.sources';
comment on column raphael.samples.duration_s is 'Length of the span in seconds; 0 for an instant';
comment on column raphael.samples.local_date is
  'The day as the person lived it: of a night''s values that of waking, of all else that of the start';
comment on column raphael.samples.metric_id is 'raphael.metrics.id';
comment on column raphael.samples.offset_minutes is
  'The person''s clock, minutes east of UTC: the reading''s own, else that of the zone which dated it; null where nothing but a named day or UTC did';
comment on column raphael.samples.day_origin is
  'Who says which day it is: d the provider, r the reading''s own offset, p the person''s zone, a the account''s, u nobody (UTC)';
alter table raphael.samples enable row level security;
alter table raphael.samples force row level security;
create policy owner_all on raphael.samples to raphael_owner using (true) with check (true);
grant select on raphael.samples to authenticated;

create table raphael.sessions (
  user_key       int not null,
  record_id      bigint not null,
  kind           text not null check (kind in ('sleep', 'workout', 'laps')),
  session_id     text not null,
  source_id      int not null,
  start_at       timestamptz not null,
  end_at         timestamptz not null,
  offset_minutes smallint,
  local_date     date not null,
  day_origin     "char" not null,
  type           text,
  is_nap         boolean,
  measures       jsonb not null default '{}',
  stages         jsonb,
  laps           jsonb,
  primary key (user_key, kind, record_id, session_id),
  check (end_at >= start_at)
);
comment on table raphael.sessions is 'Sleeps and workouts as wholes, beside the metrics that are derived from them';
comment on column raphael.sessions.user_key is 'Whose session it is';
comment on column raphael.sessions.record_id is 'The raw record it was read from';
comment on column raphael.sessions.kind is 'sleep or workout; laps, where another record than the workout''s tells them: raphael.workouts joins both';
comment on column raphael.sessions.session_id is 'The provider''s id of the session';
comment on column raphael.sessions.source_id is 'raphael.sources';
comment on column raphael.sessions.start_at is 'Start; of a sleep, the start of time in bed';
comment on column raphael.sessions.end_at is 'End';
comment on column raphael.sessions.offset_minutes is 'The person''s clock at its start, minutes east of UTC';
comment on column raphael.sessions.local_date is 'A sleep belongs to the day of waking, a workout to the day it starts';
comment on column raphael.sessions.day_origin is 'Who says which day it is, as in raphael.samples';
comment on column raphael.sessions.type is 'Our word for the sport; null for a sleep';
comment on column raphael.sessions.is_nap is 'Null for a workout, or where unknown';
comment on column raphael.sessions.measures is 'Seconds, metres, kilocalories, watts, beats per minute, by name';
comment on column raphael.sessions.stages is 'Sleep stages: [{stage, start, end}]';
comment on column raphael.sessions.laps is
  'Laps of a workout, the earliest first: [{start, end, distanceMetres, energyKilocalories, hrAverage, hrMaximum, averagePowerWatts}], all but the times where known';
create index sessions_by_time on raphael.sessions (user_key, kind, start_at);
create index sessions_record on raphael.sessions (user_key, record_id);

alter table raphael.sessions enable row level security;
alter table raphael.sessions force row level security;
create policy owner_all on raphael.sessions to raphael_owner using (true) with check (true);
grant select on raphael.sessions to authenticated;

create table raphael_private.sync_state (
  account_id   uuid not null references raphael.provider_accounts (id) on delete cascade,
  resource     text not null,
  next_poll_at timestamptz,
  last_sync_at timestamptz,
  primary key (account_id, resource)
);
comment on table raphael_private.sync_state is
  'When a resource of an account is to be polled next, and when it was last read to the end';
create index sync_state_due on raphael_private.sync_state (next_poll_at) where next_poll_at is not null;

reset role;

-- Made by the migrating role: raphael_owner has no right to the schema auth.
create policy own_rows on raphael.sources for select to authenticated
  using (user_key = (select p.user_key from raphael.people p where p.user_id = (select auth.uid())));
create policy own_rows on raphael.samples for select to authenticated
  using (user_key = (select p.user_key from raphael.people p where p.user_id = (select auth.uid())));
create policy own_rows on raphael.sessions for select to authenticated
  using (user_key = (select p.user_key from raphael.people p where p.user_id = (select auth.uid())));
