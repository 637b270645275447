-- Wake-ups. pg_cron calls, pg_net posts, and the function finds its own work: a lost post costs a minute.
-- The address and the secret live in Vault (project_url, worker_secret), never in a job's command.

-- Owned by the migrating role, the only one that may read Vault and post; nobody else may call it but
-- the owner of the queue, for its trigger.
create function raphael_private.kick(p_function text) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_url text;
  v_secret text;
begin
  select s.decrypted_secret into v_url from vault.decrypted_secrets s where s.name = 'project_url';
  select s.decrypted_secret into v_secret from vault.decrypted_secrets s where s.name = 'worker_secret';
  if v_url is null or v_secret is null then
    return;
  end if;
  perform net.http_post(
    url := rtrim(v_url, '/') || '/functions/v1/' || p_function,
    headers := jsonb_build_object('Content-Type', 'application/json', 'x-raphael-secret', v_secret),
    body := '{}'::jsonb
  );
end
$$;
comment on function raphael_private.kick(text) is
  'Posts a wake-up to one of our functions; does nothing where Vault does not know the address';
revoke execute on function raphael_private.kick(text) from public;
grant execute on function raphael_private.kick(text) to raphael_owner;

set role raphael_owner;

create table raphael_private.last_kick (
  one_row   boolean primary key default true check (one_row),
  kicked_at timestamptz not null
);
comment on table raphael_private.last_kick is 'When enqueuing last woke the worker: at most once a second';
insert into raphael_private.last_kick (kicked_at) values ('-infinity');

create function raphael_private.kick_on_enqueue() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- By try-lock: whoever does not get it leaves the kick to the one who did, and nobody waits.
  if pg_try_advisory_xact_lock(7236101) then
    update raphael_private.last_kick k
    set kicked_at = clock_timestamp()
    where k.kicked_at < clock_timestamp() - interval '1 second';
    if found then
      perform raphael_private.kick('sync-worker');
    end if;
  end if;
  return null;
exception
  when others then
    -- Best effort: the minute's tick is the guarantee, and no enqueue may fail for a wake-up.
    return null;
end
$$;
comment on function raphael_private.kick_on_enqueue() is
  'Wakes the worker after the enqueuing transaction commits';

create trigger kick_on_enqueue
  after insert on raphael_private.sync_jobs
  for each statement execute function raphael_private.kick_on_enqueue();

create function raphael_private.kick_if_due() returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  if exists (select from raphael_private.queue_lags()) then
    perform raphael_private.kick('sync-worker');
  end if;
end
$$;
comment on function raphael_private.kick_if_due() is
  'Wakes the worker where a job could run and does not: an idle queue costs no invocation';

reset role;

do $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then
    raise notice 'pg_cron is not installed: schedule raphael_private.kick(''sync-worker'') every minute yourself';
    return;
  end if;
  -- A name that is scheduled already is changed, never doubled.
  perform cron.schedule('raphael-sync-worker', '* * * * *', $cron$select raphael_private.kick('sync-worker')$cron$);
  perform cron.schedule('raphael-token-refresh', '7 * * * *', $cron$select raphael_private.kick('token-refresh')$cron$);
  perform cron.schedule('raphael-prune', '23 * * * *', $cron$select raphael_private.prune()$cron$);
  -- pg_cron keeps a row of every run for ever.
  perform cron.schedule('raphael-prune-runs', '41 3 * * *', $cron$
    delete from cron.job_run_details where end_time < now() - interval '7 days'
      and jobid in (select j.jobid from cron.job j where j.jobname like 'raphael-%')
  $cron$);
  -- Retries wait seconds, and what a dead worker left is found within its lease and these.
  begin
    perform cron.schedule('raphael-wake', '15 seconds', $cron$select raphael_private.kick_if_due()$cron$);
  exception
    -- Before 1.5 pg_cron knows no seconds: the minute's tick has to do.
    when invalid_parameter_value then null;
  end;
end
$$;
