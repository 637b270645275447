import { tellEnd } from "./body_end.ts";
import type { CallQuirks, RateLimit } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { failureOf } from "./kit/http.ts";

/**
 * `token` (refresh, revocation) goes before `pull`, and finds credits that pulls must leave;
 * `interactive`, what a person waits for, is counted and never waits.
 */
export type Urgency = "pull" | "token" | "interactive";

/** Leave to send one request. */
export interface Pass {
  readonly kind: "pass";
  /** The lease of a probe, or of one of the few requests while the provider comes back. */
  readonly slot?: string;
  /** The gate wants to hear of a success too. */
  readonly watched: boolean;
}

export interface Wait {
  readonly kind: "wait";
  readonly seconds: number;
}

export type PassOutcome =
  | { readonly kind: "ok" }
  | { readonly kind: "limited"; readonly retryAfter: number }
  | { readonly kind: "failed" }
  /** No request was sent, or it was given up by us. */
  | { readonly kind: "unused" };

/** What a provider may be asked, shared by all workers: budget, Retry-After, breaker. */
export interface ProviderGate {
  enter(
    provider: GatedProvider,
    urgency: Urgency,
  ): Promise<Pass | Wait>;
  leave(slug: string, pass: Pass, outcome: PassOutcome): Promise<void>;
}

export interface GatedProvider extends CallQuirks {
  readonly slug: string;
  readonly hosts: readonly string[];
  readonly limits?: readonly RateLimit[];
}

/** What a call says of itself to the gate. */
export interface Call {
  readonly urgency?: Urgency;
  /** Asked for before, so the first request does not ask again. */
  readonly pass?: Pass;
}

/** A wait so short is slept through: handing the job back costs more. */
const SHORT_WAIT_SECONDS = 2;

/** A pass, waited for where the wait is short. Throws where the gate cannot be asked. */
export async function admit(
  gate: ProviderGate,
  provider: GatedProvider,
  urgency: Urgency,
): Promise<Pass | Wait> {
  for (let left = SHORT_WAIT_SECONDS;;) {
    const answer = await gate.enter(provider, urgency);
    if (answer.kind === "pass" || answer.seconds > left) return answer;
    left -= answer.seconds;
    await new Promise((resolve) => setTimeout(resolve, answer.seconds * 1_000));
  }
}

/**
 * `fetch` behind the gate: one pass a request, however many a page takes. Throws `rate_limited` where
 * the gate says to wait. The host's clock `now` reads a `Retry-After` date; all else is the gate's.
 */
export function gatedFetch(
  send: typeof fetch,
  gate: ProviderGate,
  provider: GatedProvider,
  { call, now }: { readonly call: Call; readonly now: () => Date },
): typeof fetch {
  let prepaid = call.pass;
  // What was let in goes on to its end: a refresh that stopped half-way would lose its token.
  const urgency = prepaid ? "interactive" : call.urgency ?? "pull";
  return async (input, init) => {
    const pass = prepaid ?? await admit(gate, provider, urgency);
    prepaid = undefined;
    if (pass.kind === "wait") {
      throw new ProviderError(provider.slug, { kind: "rate_limited", retryAfter: pass.seconds });
    }
    const leave = (outcome: PassOutcome) => gate.leave(provider.slug, pass, outcome);
    // SAFETY: a `RequestInit` has it; Node's types, where they are loaded, leave it out.
    const { signal } = (init ?? {}) as { readonly signal?: AbortSignal | null };
    const broke = (): PassOutcome => ({
      kind: provider.hosts.length > 0 && isSlow(signal) ? "failed" : "unused",
    });
    let response: Response;
    try {
      response = await send(input, init);
    } catch (error) {
      await leave(broke());
      throw error;
    }
    const outcome = await outcomeOf(response, provider, now());
    if (outcome.kind === "ok") {
      // Good news may come late: a new token is stored before anything else is done.
      return tellEnd(response, (ended) => leave(ended === "well" ? outcome : broke()));
    }
    await leave(outcome);
    return response;
  };
}

/** What an answer says of the provider; a refusal comes from one that is up. */
async function outcomeOf(
  response: Response,
  provider: GatedProvider,
  now: Date,
): Promise<PassOutcome> {
  // One person's own server that is down or busy stops nobody else.
  if (provider.hosts.length === 0) return { kind: "ok" };
  // What cannot be read is the driver's to judge: it reads the answer again.
  const plain = await provider.conform?.(response.clone()).catch(() => response) ?? response;
  // A cloned body is let go when both halves are, and whoever cancels one waits for the other.
  if (plain !== response) plain.body?.cancel().catch(() => {});
  const failure = failureOf(plain, now, provider);
  // Where each person has a budget of their own, one who used it up stops nobody else.
  const isPersonal = provider.limits?.some((limit) => limit.scope === "account") ?? false;
  if (failure?.kind === "rate_limited" && !isPersonal) {
    return { kind: "limited", retryAfter: failure.retryAfter };
  }
  return { kind: failure?.kind === "unavailable" ? "failed" : "ok" };
}

/** False where we gave up for a reason of our own, as when the job's lease is lost. */
function isSlow(signal: AbortSignal | null | undefined): boolean {
  return !signal?.aborted ||
    signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
}
