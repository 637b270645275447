set role raphael_owner;

create table raphael.metrics (
  id             smallint generated always as identity unique,
  code           text primary key,
  name           text not null,
  category       text not null,
  kind           text not null check (kind in ('instant', 'interval', 'daily', 'session', 'score')),
  unit           text not null,
  ucum           text not null,
  loinc          text,
  aggregate      text not null check (aggregate in ('avg', 'sum', 'min', 'max', 'last', 'none')),
  plausible_low  float8 not null,
  plausible_high float8 not null,
  check (plausible_low <= plausible_high)
);
comment on table raphael.metrics is
  'The metric catalog. Rows are generated from shared/catalog/metrics.ts: change them there';
comment on column raphael.metrics.id is 'What a sample stores; this database''s own, never exported';
comment on column raphael.metrics.code is 'The name in API and drivers; the method is part of it';
comment on column raphael.metrics.name is 'What a person reads';
comment on column raphael.metrics.category is 'cardio, sleep, glucose, …';
comment on column raphael.metrics.kind is 'Whether a value holds at an instant, over an interval, a local day, a session, or is a score';
comment on column raphael.metrics.unit is 'The one unit that is stored';
comment on column raphael.metrics.ucum is 'The unit as UCUM writes it';
comment on column raphael.metrics.loinc is 'LOINC code; null where none is certain';
comment on column raphael.metrics.aggregate is 'How values of one local day become one';
comment on column raphael.metrics.plausible_low is 'Below it a value is quarantined';
comment on column raphael.metrics.plausible_high is 'Above it a value is quarantined';

alter table raphael.metrics enable row level security;
alter table raphael.metrics force row level security;
create policy owner_all on raphael.metrics to raphael_owner using (true) with check (true);
create policy everyone_signed_in on raphael.metrics for select to authenticated using (true);
grant select on raphael.metrics to authenticated;

reset role;
