-- The queue. One table in the same database, so that a job is enqueued by the transaction that causes
-- it and completed by the transaction that holds its effect.
--
-- Claim, heartbeat and rerun change no indexed column and the pages keep room (fillfactor 40: a claimed
-- row is wider than a waiting one by its lease), so these updates are HOT: 99 % for claims of 500, where
-- fillfactor 50 gave 87 %, and the state in an index 0 %.

set role raphael_owner;

create table raphael_private.queues (
  id              smallint primary key,
  name            text not null unique,
  concurrency     int not null check (concurrency between 1 and 1000),
  max_attempts    smallint not null check (max_attempts > 0),
  backoff_seconds float8 not null check (backoff_seconds > 0)
);
comment on table raphael_private.queues is
  'The numbers of each queue. Change a row to change them: no deploy is needed';
comment on column raphael_private.queues.id is 'jobs/kinds.ts QUEUES id';
comment on column raphael_private.queues.concurrency is 'Jobs that one worker runs at once; read when it begins to drain';
comment on column raphael_private.queues.max_attempts is 'How often a job of ours may fail; kept by each job as it is queued';
comment on column raphael_private.queues.backoff_seconds is
  'Longest wait after the first failure, doubled with each further one up to an hour; half of it is left to chance';
insert into raphael_private.queues (id, name, concurrency, max_attempts, backoff_seconds) values
  (1, 'health-sync', 5, 3, 5),
  (2, 'token-refresh', 10, 5, 10),
  (3, 'webhook-processing', 20, 3, 3);

create function raphael_private.queue_concurrency() returns table (queue smallint, concurrency int)
language sql
stable
security definer
set search_path = ''
as $$
  select q.id, q.concurrency from raphael_private.queues q
$$;
comment on function raphael_private.queue_concurrency() is 'How many jobs of each queue one worker runs at once';
grant execute on function raphael_private.queue_concurrency() to raphael_app;

create table raphael_private.sync_jobs (
  id            bigint generated always as identity primary key,
  run_at        timestamptz not null default now(),
  leased_until  timestamptz,
  snoozed_since timestamptz,
  created_at    timestamptz not null default now(),
  account_id    uuid,
  epoch         bigint not null default 0,
  queue         smallint not null,
  priority      smallint not null,
  attempt       smallint not null default 0,
  max_attempts  smallint not null,
  rerun         boolean not null default false,
  kind          text not null,
  dedup_key     text collate "C" not null unique,
  payload       jsonb not null,
  cursor        text,
  last_error    text
) with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table raphael_private.sync_jobs is
  'Work to do. Finished rows are deleted, failed ones move to dead_jobs: what stands here is waiting or running';
comment on column raphael_private.sync_jobs.leased_until is 'Running until then; null while it waits';
comment on column raphael_private.sync_jobs.epoch is
  'Fencing token: each claim gives a new one, and only its holder may commit';
comment on column raphael_private.sync_jobs.queue is
  'jobs/kinds.ts QUEUES id. Negative: it was running when its worker died, so it is claimed alone';
comment on column raphael_private.sync_jobs.rerun is 'A trigger came while it ran: run it once more';
comment on column raphael_private.sync_jobs.cursor is 'Page to go on from; null means the first';
comment on column raphael_private.sync_jobs.snoozed_since is 'First of the snoozes in a row, which may last 24 hours';

-- `id + 0`, so that this index cannot serve `id = …`. While the table is empty it looks as good as the
-- primary key for that, and a connection keeps the plan: a full queue was then walked for each job.
create index sync_jobs_claim on raphael_private.sync_jobs (queue, priority, run_at, (id + 0));
create index sync_jobs_account on raphael_private.sync_jobs (account_id) where account_id is not null;

create table raphael_private.dead_jobs (
  id           bigint primary key,
  kind         text not null,
  account_id   uuid,
  queue        smallint not null,
  priority     smallint not null,
  max_attempts smallint not null,
  dedup_key    text not null,
  payload      jsonb not null,
  cursor       text,
  attempt      smallint not null,
  error_class  text not null,
  error        text not null,
  created_at   timestamptz not null,
  died_at      timestamptz not null default now(),
  redriven_at  timestamptz
);
comment on table raphael_private.dead_jobs is
  'Jobs that will not run again by themselves. Their key is free, so later triggers are not blocked';
comment on column raphael_private.dead_jobs.redriven_at is
  'An operator sent it round again then: kept, so that a job that dies again shows how often';
create index dead_jobs_died_at on raphael_private.dead_jobs (died_at);
create index dead_jobs_key on raphael_private.dead_jobs (dedup_key);

reset role;
