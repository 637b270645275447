import { ProblemError } from "../core/problems.ts";
import type { Sql } from "../db/client.ts";
import type { ClaimedJob } from "../db/jobs.ts";
import { isRaised } from "../db/lost.ts";
import { ProviderError } from "../providers/errors.ts";
import type { Handler, Handlers, Job } from "./handlers.ts";
import { type JobKind, JOBS, type Payload } from "./kinds.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** What a handler has to stop in, once it was told to. */
const GRACE_MS = 2_000;

/** A job whose handler runs. */
export interface Run {
  readonly job: ClaimedJob;
  /** Tells the handler to stop: its lease is lost. */
  stop(): void;
  /** To be called a few times a second: stops what is overdue, and leaves behind what does not stop. */
  check(now: number): void;
}

/**
 * Runs one job's handler and gives `end` its outcome, once; whatever the handler throws becomes one. A
 * handler that does not stop when its time is up is left behind: heartbeats would keep its lease, and the
 * worker, for ever.
 *
 * Whoever holds many jobs asks them the time: a timer and a signal for each cost more than the rest of a
 * job that does nothing. A signal is made when its handler asks for it, and by hand: Deno 2.1.4 collects
 * one of `AbortSignal.any` that only its listeners hold, so that it never fires.
 */
export function perform(
  handlers: Handlers,
  job: ClaimedJob,
  end: (outcome: Outcome<Sql>) => void,
): Run {
  let controller: AbortController | undefined;
  let stopped: { readonly at: number; readonly reason: Error } | undefined;
  let ended = false;
  let deadline = Infinity;
  const finish = (outcome: Outcome<Sql>) => {
    if (ended) return;
    ended = true;
    end(outcome);
  };
  const failed = (error: unknown) => finish(outcomeOfError(error));
  const stop = (reason: Error, at: number) => {
    if (stopped) return;
    stopped = { at, reason };
    controller?.abort(reason);
  };
  const run: Run = {
    job,
    stop: () => stop(new DOMException("Lease lost", "AbortError"), Date.now()),
    check(now) {
      if (now >= deadline) stop(new DOMException("Job timed out", "TimeoutError"), now);
      if (stopped && now >= stopped.at + GRACE_MS) failed(stopped.reason);
    },
  };
  const signalOf = () => {
    if (!controller) {
      controller = new AbortController();
      if (stopped) controller.abort(stopped.reason);
    }
    return controller.signal;
  };
  const refuse = (errorClass: string, state: string) => {
    finish({ kind: "dead", errorClass, reason: `Cannot run job: ${state}` });
    return run;
  };
  const kind = kindOf(job);
  if (!kind) return refuse("unknown_kind", "its kind is unknown");
  const payload = JOBS[kind].payload.safeParse(job.payload);
  if (!payload.success) return refuse("payload", "its payload does not fit");
  deadline = Date.now() + JOBS[kind].timeoutSeconds * 1_000;
  const handler = handlers[kind] as Handler<typeof kind>;
  try {
    // SAFETY: parsed by this kind's own schema.
    handler(new InHand(job, payload.data as never, signalOf)).then(finish, failed);
  } catch (error) {
    failed(error);
  }
  return run;
}

/** A class: getters of an object literal would keep each job alive (decision 19). */
class InHand<K extends JobKind> implements Job<K> {
  readonly payload: Payload<K>;
  declare readonly cursor?: string;
  readonly attempt: number;
  readonly #createdMs: number;
  readonly #signalOf: () => AbortSignal;

  constructor(job: ClaimedJob, payload: Payload<K>, signalOf: () => AbortSignal) {
    this.payload = payload;
    if (job.cursor !== null) this.cursor = job.cursor;
    this.attempt = job.attempt;
    this.#createdMs = job.createdMs;
    this.#signalOf = signalOf;
  }

  get createdAt(): Date {
    return new Date(this.#createdMs);
  }

  get signal(): AbortSignal {
    return this.#signalOf();
  }
}

function kindOf({ kind }: ClaimedJob): JobKind | undefined {
  // SAFETY: it is a key of JOBS.
  return Object.hasOwn(JOBS, kind) ? kind as JobKind : undefined;
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
