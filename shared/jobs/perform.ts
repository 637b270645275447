import { ProblemError } from "../core/problems.ts";
import type { Sql } from "../db/client.ts";
import type { ClaimedJob } from "../db/jobs.ts";
import { isRaised } from "../db/lost.ts";
import { ProviderError } from "../providers/errors.ts";
import type { Handler, Handlers } from "./handlers.ts";
import { type JobKind, JOBS } from "./kinds.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** What a handler has to stop in, once it was told to. */
const GRACE_MS = 2_000;

/**
 * Runs one job's handler; whatever it throws becomes an outcome. A handler that does not stop when its
 * time is up is left behind: heartbeats would keep its lease, and the worker, for ever.
 */
export async function perform(
  handlers: Handlers,
  job: ClaimedJob,
  lease: AbortSignal,
): Promise<Outcome<Sql>> {
  if (!Object.hasOwn(JOBS, job.kind)) {
    return {
      kind: "dead",
      errorClass: "unknown_kind",
      reason: "Cannot run job: its kind is unknown",
    };
  }
  // SAFETY: checked on the line above; handlers and payloads are keyed by the same kinds.
  const kind = job.kind as JobKind;
  const payload = JOBS[kind].payload.safeParse(job.payload);
  if (!payload.success) {
    return {
      kind: "dead",
      errorClass: "payload",
      reason: "Cannot run job: its payload does not fit",
    };
  }
  const handler = handlers[kind] as Handler<typeof kind>;
  const time = limit(lease, JOBS[kind].timeoutSeconds * 1_000);
  try {
    const work = handler({
      // SAFETY: parsed by this kind's own schema.
      payload: payload.data as never,
      ...(job.cursor === null ? {} : { cursor: job.cursor }),
      attempt: job.attempt,
      createdAt: job.createdAt,
      signal: time.signal,
    });
    return await Promise.race([work, time.over]);
  } catch (error) {
    return outcomeOfError(error);
  } finally {
    time.clear();
  }
}

interface Limit {
  /** Fires when the time is up or the lease is lost. */
  readonly signal: AbortSignal;
  /** Rejects a grace after the signal, for whoever does not listen to it. */
  readonly over: Promise<never>;
  clear(): void;
}

/**
 * By timers and not by `AbortSignal.any`: Deno 2.1.4 collects a combined signal that only its listeners
 * hold, so that it never fires and a handler that hangs is never ended (seen with a forced collection).
 */
function limit(lease: AbortSignal, ms: number): Limit {
  const controller = new AbortController();
  const { promise: over, reject } = Promise.withResolvers<never>();
  let grace: ReturnType<typeof setTimeout> | undefined;
  const end = (reason: unknown) => {
    if (controller.signal.aborted) return;
    controller.abort(reason);
    grace = setTimeout(() => reject(reason), GRACE_MS);
  };
  const lost = () => end(lease.reason);
  const timer = setTimeout(() => end(new DOMException("Job timed out", "TimeoutError")), ms);
  lease.addEventListener("abort", lost, { once: true });
  return {
    signal: controller.signal,
    over,
    clear() {
      lease.removeEventListener("abort", lost);
      clearTimeout(timer);
      clearTimeout(grace);
    },
  };
}

/** What an error that nobody expected means. Only our own errors' messages are safe to keep. */
export function outcomeOfError(error: unknown): Outcome<Sql> {
  if (error instanceof ProviderError) {
    const { failure, message } = error;
    if (failure.kind !== "reauthorize") return outcomeOf(failure, message);
    return { kind: "dead", errorClass: "reauthorize", reason: message };
  }
  if (error instanceof ProblemError && error.problem === "unavailable") {
    return { kind: "snooze", seconds: error.retryAfter ?? 5, reason: error.message };
  }
  // The account was closed or linked anew meanwhile: there is nothing left to do for this job.
  if (isRaised(error, "accountClosed")) return { kind: "done" };
  if (isRaised(error, "accountOfAnother")) {
    const reason = "Cannot link account: another person has linked it";
    return { kind: "dead", errorClass: "account_of_another", reason };
  }
  const name = error instanceof Error ? error.name : "unknown";
  const code = error instanceof Error && "code" in error ? ` ${String(error.code)}` : "";
  return { kind: "retry", errorClass: name, reason: `Cannot finish job: ${name}${code}` };
}
