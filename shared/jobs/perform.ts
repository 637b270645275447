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
  const signal = AbortSignal.any([lease, AbortSignal.timeout(JOBS[kind].timeoutSeconds * 1_000)]);
  const over = overdue(signal);
  try {
    const work = handler({
      // SAFETY: parsed by this kind's own schema.
      payload: payload.data as never,
      ...(job.cursor === null ? {} : { cursor: job.cursor }),
      attempt: job.attempt,
      createdAt: job.createdAt,
      signal,
    });
    return await Promise.race([work, over.passed]);
  } catch (error) {
    return outcomeOfError(error);
  } finally {
    over.clear();
  }
}

/** Rejects with the signal's reason, a grace after it fires. */
function overdue(signal: AbortSignal): { readonly passed: Promise<never>; clear(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  let id: ReturnType<typeof setTimeout> | undefined;
  const start = () => id = setTimeout(() => reject(signal.reason), GRACE_MS);
  signal.addEventListener("abort", start, { once: true });
  return {
    passed: promise,
    clear() {
      signal.removeEventListener("abort", start);
      clearTimeout(id);
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
