-- Which source a person believes before which.

set role raphael_owner;

create table raphael.source_order (
  user_key int not null references raphael.people (user_key) on delete cascade,
  category text not null default '',
  metric   text not null default '',
  position smallint not null check (position >= 0),
  provider text not null check (provider <> ''),
  via      text not null default '',
  device   text not null default '',
  primary key (user_key, category, metric, position),
  unique (user_key, category, metric, provider, via, device),
  check (category = '' or metric = '')
);
comment on table raphael.source_order is
  'Which source a person believes before which: for one metric, else for its category, else for all';
comment on column raphael.source_order.user_key is 'Whose order it is';
comment on column raphael.source_order.category is 'For the metrics of this category; empty for all';
comment on column raphael.source_order.metric is 'For this metric of the catalog alone; empty for all';
comment on column raphael.source_order.position is 'Best first';
comment on column raphael.source_order.provider is 'Slug of the provider';
comment on column raphael.source_order.via is 'The service behind an aggregator; empty for all of them';
comment on column raphael.source_order.device is 'Device as the provider names it; empty for all of them';

alter table raphael.source_order enable row level security;
alter table raphael.source_order force row level security;
create policy owner_all on raphael.source_order to raphael_owner using (true) with check (true);
grant select on raphael.source_order to authenticated;

create function raphael_private.set_source_order(p_user_id uuid, p_entries jsonb) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_key int := raphael_private.person_key(p_user_id);
begin
  -- Two that set it at once take turns.
  perform from raphael.people p where p.user_key = v_user_key for no key update;
  delete from raphael.source_order o where o.user_key = v_user_key;
  insert into raphael.source_order (user_key, category, metric, position, provider, via, device)
  select v_user_key, e.category, e.metric, e.position, e.provider, e.via, e.device
  from jsonb_to_recordset(p_entries) as e (
    category text, metric text, position smallint, provider text, via text, device text
  );
end
$$;
comment on function raphael_private.set_source_order(uuid, jsonb) is
  'Puts a person''s order in the place of the one before: [{category, metric, position, provider, via, device}]';
grant execute on function raphael_private.set_source_order(uuid, jsonb) to raphael_app;

reset role;

-- Made by the migrating role: raphael_owner has no right to the schema auth.
create policy own_rows on raphael.source_order for select to authenticated
  using (user_key = (select p.user_key from raphael.people p where p.user_id = (select auth.uid())));
