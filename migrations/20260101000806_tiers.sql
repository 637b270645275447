-- What old samples are kept as, where the operator wants them thinner: 5 minutes, then hours, then days
-- alone (raphael.daily). As delivered nothing is thinned.

set role raphael_owner;

create table raphael_private.sample_retention (
  category       text primary key,
  raw_days       int not null check (raw_days >= 30),
  minutes5_days  int check (minutes5_days >= raw_days),
  hourly_days    int check (hourly_days >= minutes5_days),
  thinned_before date not null default '-infinity',
  check (hourly_days is null or minutes5_days is not null)
);
comment on table raphael_private.sample_retention is
  'How many days samples of a category stay as they came, as 5 minutes and as hours. No row: for ever. Corrections come for 30 days, so no fewer';
comment on column raphael_private.sample_retention.category is 'raphael.metrics.category';
comment on column raphael_private.sample_retention.raw_days is 'Older samples become buckets of 5 minutes';
comment on column raphael_private.sample_retention.minutes5_days is
  'Older buckets of 5 minutes become hours; null: never';
comment on column raphael_private.sample_retention.hourly_days is
  'Older hours go, and the day''s row stays; null: never';
comment on column raphael_private.sample_retention.thinned_before is
  'Days before it are settled: what was known of them is not corrected any more. Written by the thinning alone';

create table raphael.tiers (
  bucket_at      timestamptz not null,
  last_at        timestamptz not null,
  total          float8 not null,
  low            float8 not null,
  high           float8 not null,
  last           float8 not null,
  user_key       int not null,
  source_id      int not null,
  n              int not null check (n > 0),
  local_date     date not null,
  metric_id      smallint not null,
  seconds        smallint not null check (seconds in (300, 3600)),
  offset_minutes smallint,
  primary key (user_key, metric_id, seconds, bucket_at, source_id, local_date)
);
comment on table raphael.tiers is
  'Samples that were thinned: one row for each bucket of 300 or 3600 seconds, aligned to UTC, and local day';
comment on column raphael.tiers.bucket_at is 'When the bucket starts';
comment on column raphael.tiers.last_at is 'When the last of its values starts';
comment on column raphael.tiers.total is 'Sum of the values; the mean is total / n';
comment on column raphael.tiers.low is 'The lowest value';
comment on column raphael.tiers.high is 'The highest value';
comment on column raphael.tiers.last is 'The value that started last; of several then, the highest';
comment on column raphael.tiers.user_key is 'Whose values they were';
comment on column raphael.tiers.source_id is 'raphael.sources';
comment on column raphael.tiers.n is 'How many values there were';
comment on column raphael.tiers.local_date is 'The day as the person lived it';
comment on column raphael.tiers.metric_id is 'raphael.metrics.id';
comment on column raphael.tiers.seconds is 'Length of the bucket';
comment on column raphael.tiers.offset_minutes is 'The person''s clock at its last value, minutes east of UTC';

alter table raphael.tiers enable row level security;
alter table raphael.tiers force row level security;
create policy owner_all on raphael.tiers to raphael_owner using (true) with check (true);
grant select on raphael.tiers to authenticated;

reset role;

-- Made by the migrating role: raphael_owner has no right to the schema auth.
create policy own_rows on raphael.tiers for select to authenticated
  using (user_key = (select p.user_key from raphael.people p where p.user_id = (select auth.uid())));
