import { splitNewestFirst, type Window } from "../core/time.ts";
import type { NewJob } from "../db/jobs.ts";
import type { ProviderDriver } from "../providers/driver.ts";
import type { Resource } from "../providers/resource.ts";
import type { WebhookEvent } from "../providers/webhook.ts";

/**
 * Jobs that fetch what a notification points at: the record it names, or else its window, in pieces that
 * one request may span: news of a history that arrived may name months.
 */
export function newsJobs(
  driver: ProviderDriver,
  accountId: string,
  event: Extract<WebhookEvent, { kind: "notify" }>,
): NewJob[] {
  const resource = driver.resources.find((one) => one.name === event.resource);
  if (resource?.requestOne && event.recordId !== undefined) {
    const { recordId } = event;
    // What lies within a record comes with it, and goes with it.
    const parts = driver.resources.filter(({ within }) => within === resource.name);
    return [resource, ...parts].map((one): NewJob => ({
      kind: "sync.record",
      payload: { accountId, resource: one.name, recordId },
      accountId,
    }));
  }
  if (!resource?.request) return [];
  const { cursor } = event;
  // What a cursor stands for is one window.
  const windows = cursor === undefined ? piecesOf(event.window, driver, resource) : [event.window];
  return windows.map(({ from, to }) => ({
    kind: "sync.pull",
    payload: {
      accountId,
      resource: event.resource,
      from: from.toISOString(),
      to: to.toISOString(),
      ...(cursor === undefined ? {} : { cursor }),
    },
    accountId,
  }));
}

function piecesOf(
  window: Window,
  { history }: ProviderDriver,
  { pageDays = history?.pageDays }: Resource,
): readonly Window[] {
  const pieces = pageDays === undefined ? [] : splitNewestFirst(window, pageDays);
  return pieces.length > 0 ? pieces : [window];
}
