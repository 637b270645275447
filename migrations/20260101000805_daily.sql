-- The rollup: one row a person, metric, local day and source, kept by the transaction that writes the
-- samples. What is no measurement of a day, such as the best of several sources, is worked out by readers.

set role raphael_owner;

create table raphael.daily (
  total      float8 not null,
  low        float8 not null,
  high       float8 not null,
  last       float8 not null,
  first_at   timestamptz not null,
  last_at    timestamptz not null,
  user_key   int not null,
  source_id  int not null,
  n          int not null check (n > 0),
  hours      int not null,
  local_date date not null,
  metric_id  smallint not null,
  primary key (user_key, metric_id, local_date, source_id)
);
comment on table raphael.daily is 'The samples of a person''s metric, local day and source as one row';
comment on column raphael.daily.total is 'Sum of the values; the mean is total / n';
comment on column raphael.daily.low is 'The lowest value';
comment on column raphael.daily.high is 'The highest value';
comment on column raphael.daily.last is 'The value that started last; of several then, the highest';
comment on column raphael.daily.first_at is 'When the first of them starts';
comment on column raphael.daily.last_at is 'When the last of them starts';
comment on column raphael.daily.user_key is 'Whose day it is';
comment on column raphael.daily.source_id is 'raphael.sources';
comment on column raphael.daily.n is 'How many values there are';
comment on column raphael.daily.hours is
  'Local hours that a value touches: bit 0 is 00:00 to 00:59; a span sets each hour it lasts into';
comment on column raphael.daily.local_date is 'The day as the person lived it';
comment on column raphael.daily.metric_id is 'raphael.metrics.id';

alter table raphael.daily enable row level security;
alter table raphael.daily force row level security;
create policy owner_all on raphael.daily to raphael_owner using (true) with check (true);
grant select on raphael.daily to authenticated;

reset role;

-- Made by the migrating role: raphael_owner has no right to the schema auth.
create policy own_rows on raphael.daily for select to authenticated
  using (user_key = (select p.user_key from raphael.people p where p.user_id = (select auth.uid())));
