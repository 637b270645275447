-- Dead jobs are an operator's: these functions are for the migrating role, and no function of the app
-- may call them. `deno task jobs` does.

set role raphael_owner;

create view raphael_private.dead_job_list with (security_invoker = true) as
select d.id, d.kind, coalesce(a.provider, e.provider, r.provider, d.payload ->> 'provider') as provider,
       d.account_id, d.error_class, d.error, d.attempt, d.created_at, d.died_at,
       (select count(*) from raphael_private.dead_jobs p
        where p.dedup_key = d.dedup_key and p.redriven_at is not null) as redrives,
       d.payload
from raphael_private.dead_jobs d
left join raphael.provider_accounts a on a.id = d.account_id
-- Guarded: a payload that fits no schema is a reason to be here.
left join raphael_private.webhook_events e
  on e.id = case when d.payload ->> 'eventId' ~ '^\d{1,18}$' then (d.payload ->> 'eventId')::bigint end
left join raphael_private.revocations r
  on r.id = case when d.payload ->> 'revocationId' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                 then (d.payload ->> 'revocationId')::uuid end
where d.redriven_at is null;
comment on view raphael_private.dead_job_list is
  'Jobs that wait for an operator. Payloads hold ids and windows of ours; `redrives` counts earlier deaths sent round again';

create function raphael_private.choose_dead_jobs(
  p_id bigint, p_kind text, p_error_class text, p_provider text, p_limit int
) returns setof bigint
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  -- Nothing named would mean everything: never what somebody meant to type.
  if num_nonnulls(p_id, p_kind, p_error_class, p_provider) = 0 then
    raise exception 'Cannot choose dead jobs: name an id, a kind, a class or a provider'
      using errcode = '22023';
  end if;
  return query
  select l.id
  from raphael_private.dead_job_list l
  where (p_id is null or l.id = p_id)
    and (p_kind is null or l.kind = p_kind)
    and (p_error_class is null or l.error_class = p_error_class)
    and (p_provider is null or l.provider = p_provider)
  order by l.died_at, l.id
  limit p_limit;
end
$$;
comment on function raphael_private.choose_dead_jobs(bigint, text, text, text, int) is
  'Dead jobs that fit all that is named, the oldest first; 22023 where nothing is';

create function raphael_private.redrive_jobs(
  p_id bigint default null,
  p_kind text default null,
  p_error_class text default null,
  p_provider text default null,
  p_limit int default 1000
) returns table (redriven int, coalesced int)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_jobs jsonb;
begin
  with sent as (
    -- Of two operators at once, the second finds the row redriven and leaves it.
    update raphael_private.dead_jobs d
    set redriven_at = now()
    where d.redriven_at is null and d.id in (
      select c from raphael_private.choose_dead_jobs(p_id, p_kind, p_error_class, p_provider, p_limit) c
    )
    returning d.*
  )
  select count(*), count(*) filter (where j.id is not null), jsonb_agg(to_jsonb(s) - 'max_attempts')
  into redriven, coalesced, v_jobs
  from sent s
  left join raphael_private.sync_jobs j on j.dedup_key = s.dedup_key;
  -- As any other trigger: a job of its key that waits is enough, one that runs will run once more. It
  -- begins with the first page, because providers' page tokens do not live as long as dead jobs do.
  perform raphael_private.enqueue_jobs(coalesce(v_jobs, '[]'));
  return next;
end
$$;
comment on function raphael_private.redrive_jobs(bigint, text, text, text, int) is
  'Sends dead jobs round again with all their attempts; coalesced: those whose key waited or ran already';

create function raphael_private.discard_jobs(
  p_id bigint default null,
  p_kind text default null,
  p_error_class text default null,
  p_provider text default null,
  p_limit int default 1000
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_count int;
begin
  delete from raphael_private.dead_jobs d
  where d.redriven_at is null and d.id in (
    select c from raphael_private.choose_dead_jobs(p_id, p_kind, p_error_class, p_provider, p_limit) c
  );
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function raphael_private.discard_jobs(bigint, text, text, text, int) is
  'Forgets dead jobs for good; what they would have done is not done';

reset role;
