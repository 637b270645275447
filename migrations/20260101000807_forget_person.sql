-- What goes with a deleted person. Their accounts go first, by foreign key, and wait for whoever writes
-- under them; so nothing of theirs comes after this.

set role raphael_owner;

create function raphael_private.forget_person() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from raphael.samples s where s.user_key = old.user_key;
  delete from raphael.daily d where d.user_key = old.user_key;
  delete from raphael.tiers t where t.user_key = old.user_key;
  delete from raphael.sessions s where s.user_key = old.user_key;
  delete from raphael.sources s where s.user_key = old.user_key;
  delete from raphael_private.raw_records r where r.user_key = old.user_key;
  return null;
end
$$;
comment on function raphael_private.forget_person() is 'Takes along what a deleted person''s accounts brought';

-- Fires after the foreign keys' own triggers, whose names begin with a capital.
create trigger forget_person
  after delete on raphael.people
  for each row execute function raphael_private.forget_person();

reset role;
