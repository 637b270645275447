-- Tells idle workers of new jobs. A notification makes commits wait for each other, so that telling of
-- each job halves the rate of adding them one by one: workers with nothing to do hold a lock shared, and
-- only where that is so is anything told.

set role raphael_owner;

create function raphael_private.wake_workers() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_queues text;
begin
  -- Who gets it finds nobody idle. Two that try at once may tell nobody in particular: no harm.
  if pg_try_advisory_lock(7236102) then
    perform pg_advisory_unlock(7236102);
    return null;
  end if;
  select string_agg(distinct a.queue::text, ',') into v_queues from added a where a.run_at <= now();
  if v_queues is not null then
    perform pg_notify('raphael_jobs', v_queues);
  end if;
  return null;
end
$$;
comment on function raphael_private.wake_workers() is
  'Notifies raphael_jobs of the queues that jobs were added to, where a worker waits for them';

create trigger wake_workers
  after insert on raphael_private.sync_jobs
  referencing new table as added
  for each statement execute function raphael_private.wake_workers();

reset role;
