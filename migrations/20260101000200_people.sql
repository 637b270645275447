set role raphael_owner;

create table raphael.people (
  user_key   int generated always as identity primary key,
  user_id    uuid not null unique,
  time_zone  text,
  created_at timestamptz not null default now()
);
comment on table raphael.people is
  'One row a person: the short key that half a million readings a year carry instead of a uuid';
comment on column raphael.people.user_key is 'Key of the person in our own tables; 4 bytes';
comment on column raphael.people.user_id is 'auth.users.id, the verified sub of the session';
comment on column raphael.people.time_zone is 'IANA zone that the person chose; null: the zones of their accounts are used';
comment on column raphael.people.created_at is 'When the person first linked something';

alter table raphael.people enable row level security;
alter table raphael.people force row level security;
create policy owner_all on raphael.people to raphael_owner using (true) with check (true);
grant select on raphael.people to authenticated;

create function raphael_private.person_key(p_user_id uuid) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_key int;
begin
  select p.user_key into v_key from raphael.people p where p.user_id = p_user_id;
  if v_key is null then
    insert into raphael.people (user_id) values (p_user_id)
    on conflict (user_id) do update set user_id = excluded.user_id
    returning user_key into v_key;
  end if;
  return v_key;
end
$$;
comment on function raphael_private.person_key(uuid) is
  'The short key of a person, made at first sight';
grant execute on function raphael_private.person_key(uuid) to raphael_app;

create function raphael_private.known_zone(p_zone text) returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  -- Names alone: Postgres takes `GMT+1` for an hour west of UTC, where whoever wrote it meant east.
  if p_zone !~ '^[A-Za-z]+(/[A-Za-z0-9_+-]+)*$' then
    return null;
  end if;
  perform now() at time zone p_zone;
  return p_zone;
exception
  when invalid_parameter_value then
    return null;
end
$$;
comment on function raphael_private.known_zone(text) is
  'The IANA zone itself where this database knows it; else null';
grant execute on function raphael_private.known_zone(text) to raphael_app;

reset role;

-- Made by the migrating role: raphael_owner has no right to the schema auth.
create policy own_row on raphael.people for select to authenticated
  using (user_id = (select auth.uid()));

-- The one tie to the project's users: a deleted user takes everything along. Made as the migrating
-- role, which may reference auth.users where raphael_owner may not.
alter table raphael.people
  add constraint people_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade;
