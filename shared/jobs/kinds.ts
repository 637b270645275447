import { z } from "zod";
import { sha256Hex } from "../core/crypto.ts";

/**
 * The seed's three queues. Their numbers (how many jobs a worker runs at once, how often a job of ours may
 * fail, how long it waits then) are rows of `raphael_private.queues`, for an operator to change.
 */
export const QUEUES = {
  "health-sync": { id: 1 },
  "token-refresh": { id: 2 },
  "webhook-processing": { id: 3 },
} as const satisfies Record<string, Queue>;

export type QueueName = keyof typeof QUEUES;

export interface Queue {
  /** Stored in the claim's index: never reuse a number. */
  readonly id: number;
}

export interface JobKindDefinition<P extends z.ZodType = z.ZodType> {
  readonly queue: QueueName;
  readonly payload: P;
  /** Jobs of equal key coalesce: while one waits, another trigger adds nothing; while one runs, it runs again. */
  readonly key: (payload: z.output<P>) => string;
  /** Longest run, HTTP included. The lease outlives it. */
  readonly timeoutSeconds: number;
  /** Lower is sooner: 50 what a person waits for, 100 news, 200 and more history. */
  readonly priority: number;
}

function job<P extends z.ZodType>(definition: JobKindDefinition<P>): JobKindDefinition<P> {
  return definition;
}

const accountId = z.uuid();
const instant = z.iso.datetime();

export const JOBS = {
  /** Pull one window of one resource, page by page. */
  "sync.pull": job({
    queue: "health-sync",
    /** `cursor` is what the first page is asked with, where the news named it. */
    payload: z.object({
      accountId,
      resource: z.string(),
      from: instant,
      to: instant,
      cursor: z.string().exactOptional(),
    }),
    // Two tokens for one window are two answers; hashed, because keys are shown and tokens are not.
    key: (p) =>
      `pull:${p.accountId}:${p.resource}:${p.from}:${p.to}` +
      (p.cursor === undefined ? "" : `:${sha256Hex(p.cursor)}`),
    timeoutSeconds: 60,
    priority: 100,
  }),
  /** Pull one record that a webhook named. */
  "sync.record": job({
    queue: "health-sync",
    payload: z.object({ accountId, resource: z.string(), recordId: z.string() }),
    key: (p) => `record:${p.accountId}:${p.resource}:${p.recordId}`,
    timeoutSeconds: 60,
    priority: 100,
  }),
  /** Ask a pushing provider to send a window again. */
  "sync.request_history": job({
    queue: "health-sync",
    payload: z.object({ accountId, from: instant, to: instant }),
    key: (p) => `history:${p.accountId}:${p.from}:${p.to}`,
    timeoutSeconds: 60,
    priority: 200,
  }),
  /** Ask the provider whether a connection that an event called revoked really is. */
  "connection.confirm_revocation": job({
    queue: "health-sync",
    payload: z.object({ accountId }),
    key: (p) => `confirm_revocation:${p.accountId}`,
    timeoutSeconds: 60,
    priority: 100,
  }),
  /** Revoke, at the provider, a grant that we have already forgotten. */
  "connection.revoke": job({
    queue: "health-sync",
    payload: z.object({ revocationId: z.uuid() }),
    key: (p) => `revoke:${p.revocationId}`,
    timeoutSeconds: 60,
    priority: 150,
  }),
  /** Make a provider's webhook subscriptions what they should be; of one account, where each has its own. */
  "webhook.subscribe": job({
    queue: "health-sync",
    payload: z.object({ provider: z.string(), accountId: accountId.optional() }),
    key: (p) => `subscribe:${p.accountId ?? p.provider}`,
    timeoutSeconds: 60,
    priority: 100,
  }),
  "token.refresh": job({
    queue: "token-refresh",
    payload: z.object({ accountId }),
    key: (p) => `refresh:${p.accountId}`,
    timeoutSeconds: 60,
    priority: 100,
  }),
  /** Seal everything anew with this key, the active one. */
  "keys.rotate": job({
    queue: "token-refresh",
    payload: z.object({ kid: z.string() }),
    key: (p) => `rotate:${p.kid}`,
    timeoutSeconds: 60,
    priority: 200,
  }),
  /** Date a person's readings without an offset of their own by another zone. */
  "metrics.redate": job({
    queue: "health-sync",
    payload: z.object({ userId: z.uuid() }),
    key: (p) => `redate:${p.userId}`,
    timeoutSeconds: 60,
    priority: 100,
  }),
  /** Thin old samples, where the operator wants it. */
  "metrics.thin": job({
    queue: "health-sync",
    payload: z.object({}),
    key: () => "thin",
    timeoutSeconds: 60,
    priority: 2_000,
  }),
  /** Turn one stored webhook into data and jobs. */
  "webhook.process": job({
    queue: "webhook-processing",
    payload: z.object({ eventId: z.string() }),
    key: (p) => `webhook:${p.eventId}`,
    timeoutSeconds: 60,
    priority: 100,
  }),
} as const satisfies Record<string, JobKindDefinition>;

export type JobKind = keyof typeof JOBS;
export type Payload<K extends JobKind> = z.output<(typeof JOBS)[K]["payload"]>;

export const JOB_KINDS = Object.keys(JOBS) as readonly JobKind[];
