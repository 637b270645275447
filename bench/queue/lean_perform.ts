/**
 * Prototype of `jobs/perform.ts` with the same promises and without a job's own timers: whoever holds
 * many jobs asks once a second which are overdue, and a signal is made when a handler asks for it.
 * `AbortSignal.any` over `AbortSignal.timeout` costs more than the rest of a job that does nothing.
 */
import type { Sql } from "@shared/db/client.ts";
import type { ClaimedJob } from "@shared/db/jobs.ts";
import type { Handler, Handlers } from "@shared/jobs/handlers.ts";
import { type JobKind, JOBS } from "@shared/jobs/kinds.ts";
import type { Outcome } from "@shared/jobs/outcome.ts";
import { outcomeOfError, perform } from "@shared/jobs/perform.ts";

/** What a handler has to stop in, once it was told to. */
const GRACE_MS = 2_000;

export interface Running {
  readonly job: ClaimedJob;
  readonly outcome: Promise<Outcome<Sql>>;
  /** Tells the handler to stop: its lease is lost. */
  abort(): void;
  /** Once a second: stops what is overdue, and leaves behind what does not stop. */
  check(now: number): void;
}

export function performLean(handlers: Handlers, job: ClaimedJob, now: number): Running {
  // SAFETY: an unknown kind has no definition, and is refused below.
  const kind = job.kind as JobKind;
  const payload = JOBS[kind]?.payload.safeParse(job.payload);
  if (!payload?.success) {
    const refused = perform(handlers, job, AbortSignal.abort());
    return { job, outcome: refused, abort() {}, check() {} };
  }
  let controller: AbortController | undefined;
  let stoppedAt: number | undefined;
  const deadline = now + JOBS[kind].timeoutSeconds * 1_000;
  const { promise: outcome, resolve } = Promise.withResolvers<Outcome<Sql>>();
  const stop = () => {
    stoppedAt ??= Date.now();
    controller ??= new AbortController();
    controller.abort();
  };
  const handler = handlers[kind] as Handler<typeof kind>;
  const failed = (error: unknown) => resolve(outcomeOfError(error));
  try {
    handler({
      // SAFETY: parsed by this kind's own schema.
      payload: payload.data as never,
      ...(job.cursor === null ? {} : { cursor: job.cursor }),
      attempt: job.attempt,
      createdAt: job.createdAt,
      get signal() {
        return (controller ??= new AbortController()).signal;
      },
    }).then(resolve, failed);
  } catch (error) {
    failed(error);
  }
  return {
    job,
    outcome,
    abort: stop,
    check(at) {
      if (at >= deadline) stop();
      if (stoppedAt !== undefined && at >= stoppedAt + GRACE_MS) {
        failed(new DOMException("Signal timed out.", "TimeoutError"));
      }
    },
  };
}
