import { DAY, HOUR, MINUTE, splitNewestFirst } from "../core/time.ts";
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

export function pollOf(resource: Resource): Poll {
  return resource.poll ?? RECONCILE;
}

/** Jobs that read the whole history of a fresh link, newest window first. */
export function backfillJobs(
  driver: ProviderDriver,
  account: { readonly id: string; readonly scopes?: readonly string[] },
  now: Date,
): NewJob[] {
  const { history } = driver;
  if (!history) return [];
  const windows = splitNewestFirst(
    { from: new Date(now.getTime() - history.maxDays * DAY), to: now },
    history.pageDays,
  );
  return windows.flatMap((window, index): NewJob[] => {
    const span = {
      accountId: account.id,
      from: window.from.toISOString(),
      to: window.to.toISOString(),
    };
    const common = {
      accountId: account.id,
      priority: index === 0 ? FIRST_WINDOW_PRIORITY : HISTORY_PRIORITY + Math.min(index, 1_000),
    };
    if (history.kind === "request") {
      return [{ kind: "sync.request_history", payload: span, ...common }];
    }
    return pullable(driver, account.scopes).map((resource) => ({
      kind: "sync.pull",
      payload: { ...span, resource: resource.name },
      ...common,
    }));
  });
}

/** Jobs that read the last `hours` again, of all resources or of one. */
export function catchUpJobs(
  driver: ProviderDriver,
  account: { readonly id: string; readonly scopes?: readonly string[] | null },
  span: { readonly now: Date; readonly hours: number; readonly resource?: string },
): NewJob[] {
  // To the minute: triggers of one minute coalesce into one job.
  const to = new Date(Math.ceil(span.now.getTime() / MINUTE) * MINUTE);
  const from = new Date(to.getTime() - span.hours * HOUR);
  const window = { accountId: account.id, from: from.toISOString(), to: to.toISOString() };
  if (driver.history?.kind === "request") {
    return [{ kind: "sync.request_history", payload: window, accountId: account.id }];
  }
  return pullable(driver, account.scopes)
    .filter((resource) => span.resource === undefined || resource.name === span.resource)
    .map((resource) => ({
      kind: "sync.pull",
      payload: { ...window, resource: resource.name },
      accountId: account.id,
    }));
}

/** When each resource of a fresh link is polled first; the backfill has read it up to now. */
export function firstPolls(
  driver: ProviderDriver,
  scopes: readonly string[] | undefined,
): { resource: string; delaySeconds: number }[] {
  return pullable(driver, scopes).map((resource) => ({
    resource: resource.name,
    delaySeconds: pollOf(resource).everyMinutes * 60,
  }));
}
