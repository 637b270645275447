import { DAY, HOUR, MINUTE, splitNewestFirst, type Window } from "../core/time.ts";
import type { NewJob } from "../db/jobs.ts";
import type { ProviderDriver } from "../providers/driver.ts";
import type { Poll, Resource } from "../providers/resource.ts";

/**
 * Where a webhook tells of news, a daily look at the last week repairs whatever notification was lost;
 * it is also what a resource is polled by that says nothing of itself.
 */
const RECONCILE: Poll = { everyMinutes: 24 * 60, trailingHours: 7 * 24 };

/** A person waits for the newest window; the rest of the history waits behind all news. */
const FIRST_WINDOW_PRIORITY = 50;
const HISTORY_PRIORITY = 200;

/** Resources worth asking for: readable, and granted where the provider says what was. */
export function pullable(
  driver: ProviderDriver,
  scopes: readonly string[] | null | undefined,
): readonly Resource[] {
  return driver.resources.filter((resource) =>
    resource.request !== undefined &&
    (resource.scope === undefined || !scopes || scopes.includes(resource.scope))
  );
}

/** A resource to be polled; `history` is all that a pushing provider is asked to send again. */
export interface PlannedPoll extends Poll {
  readonly resource: string;
}

const HISTORY = "history";

/** What is polled, and how often: each resource worth asking for, or the whole history at once. */
export function pollsOf(
  driver: ProviderDriver,
  scopes: readonly string[] | null | undefined,
): readonly PlannedPoll[] {
  if (driver.history?.kind === "request") return [{ resource: HISTORY, ...RECONCILE }];
  return pullable(driver, scopes).map(({ name, poll = RECONCILE }) => ({
    resource: name,
    ...poll,
  }));
}

interface PlannedAccount {
  readonly id: string;
  /** What was granted; absent where the provider does not say. */
  readonly scopes?: readonly string[] | null;
}

/** Jobs that read `window`, in pieces that the provider answers at once; newest first. */
function windowJobs(driver: ProviderDriver, account: PlannedAccount, window: Window): Planned[] {
  const { history } = driver;
  const plan = (
    days: number | undefined,
    toJob: (span: Span) => NewJob,
    asked = window,
  ): Planned[] =>
    (days === undefined ? [asked] : splitNewestFirst(asked, days)).map(({ from, to }) => {
      const span = { accountId: account.id, from: from.toISOString(), to: to.toISOString() };
      return { to, job: { ...toJob(span), accountId: account.id } };
    });
  if (history?.kind === "request") {
    return plan(history.pageDays, (span) => ({ kind: "sync.request_history", payload: span }));
  }
  return pullable(driver, account.scopes).flatMap(({ name: resource, pageDays, historyDays }) =>
    plan(
      pageDays ?? history?.pageDays,
      (span) => ({ kind: "sync.pull", payload: { ...span, resource } }),
      lastDays(window, historyDays),
    )
  );
}

function lastDays({ from, to }: Window, days = Infinity): Window {
  return { from: new Date(Math.max(from.getTime(), to.getTime() - days * DAY)), to };
}

interface Span {
  readonly accountId: string;
  readonly from: string;
  readonly to: string;
}

interface Planned {
  readonly to: Date;
  readonly job: NewJob;
}

/** Jobs that read the whole history of a fresh link, newest window first. */
export function backfillJobs(driver: ProviderDriver, account: PlannedAccount, now: Date): NewJob[] {
  const { history } = driver;
  if (!history) return [];
  const window = { from: new Date(now.getTime() - history.maxDays * DAY), to: now };
  return windowJobs(driver, account, window)
    .map(({ to, job }) => {
      const age = Math.ceil((now.getTime() - to.getTime()) / DAY);
      return {
        ...job,
        priority: age === 0 ? FIRST_WINDOW_PRIORITY : HISTORY_PRIORITY + Math.min(age, 1_000),
      };
    })
    .sort((a, b) => a.priority - b.priority);
}

/** Jobs that read the last `hours` again, of all resources or of one. */
export function catchUpJobs(
  driver: ProviderDriver,
  account: PlannedAccount,
  span: { readonly now: Date; readonly hours: number; readonly resource?: string },
): NewJob[] {
  // To the minute: triggers of one minute coalesce into one job.
  const to = new Date(Math.ceil(span.now.getTime() / MINUTE) * MINUTE);
  const from = new Date(to.getTime() - span.hours * HOUR);
  return windowJobs(driver, account, { from, to })
    .map(({ job }) => job)
    .filter((job) =>
      span.resource === undefined || !("resource" in job.payload) ||
      job.payload.resource === span.resource
    );
}

/** When each resource of a fresh link is polled first; the backfill has read it up to now. */
export function firstPolls(
  driver: ProviderDriver,
  scopes: readonly string[] | undefined,
): { resource: string; delaySeconds: number }[] {
  return pollsOf(driver, scopes).map(({ resource, everyMinutes }) => ({
    resource,
    delaySeconds: everyMinutes * 60,
  }));
}
