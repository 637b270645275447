import type { NewJob } from "../db/jobs.ts";
import type { ProviderDriver } from "../providers/driver.ts";
import type { WebhookEvent } from "../providers/webhook.ts";

/** Jobs that fetch what a notification points at: the record it names, or else its window. */
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
  const from = event.window.from.toISOString();
  const to = event.window.to.toISOString();
  return [{
    kind: "sync.pull",
    payload: {
      accountId,
      resource: event.resource,
      from,
      to,
      ...(event.cursor === undefined ? {} : { cursor: event.cursor }),
    },
    accountId,
  }];
}
