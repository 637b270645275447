/**
 * Every error the API answers with: our name for it, the HTTP status, the code that the EverAfter app
 * knows (its `connection-error-handler` reads exactly these), and what the person can do.
 * Rendered as RFC 9457 problem+json by `http/problem_json.ts`; listed in docs/problems.md.
 */
export const PROBLEMS = {
  invalid_request: [400, "DATA_VALIDATION_ERROR", "Correct the request and send it again"],
  malformed_body: [400, "DATA_VALIDATION_ERROR", "Send valid JSON"],
  session_missing: [401, "INVALID_TOKEN", "Sign in and try again"],
  session_invalid: [401, "INVALID_TOKEN", "Sign in again"],
  session_expired: [401, "TOKEN_EXPIRED", "Sign in again"],
  caller_unknown: [401, "INVALID_TOKEN", "Send the internal secret"],
  signature_invalid: [401, "INVALID_TOKEN", "Sign the raw body with the active secret"],
  anonymous_user: [403, "INSUFFICIENT_PERMISSIONS", "Sign in with an account"],
  ticket_of_another: [403, "INSUFFICIENT_PERMISSIONS", "Start linking again from your own session"],
  origin_refused: [403, "INSUFFICIENT_PERMISSIONS", "Ask the operator to list this address"],
  not_found: [404, "CONNECTION_NOT_FOUND", "Check the address"],
  provider_unknown: [404, "DATA_VALIDATION_ERROR", "See GET /connect/providers"],
  connection_not_found: [404, "CONNECTION_NOT_FOUND", "Link the provider first"],
  method_not_allowed: [405, "DATA_VALIDATION_ERROR", "Use another method"],
  body_timeout: [408, "NETWORK_ERROR", "Send the body in one go"],
  account_linked_elsewhere: [409, "PROVIDER_API_ERROR", "Unlink the account where it is in use"],
  state_invalid: [410, "CONNECTION_NOT_FOUND", "Start linking again"],
  ticket_invalid: [410, "CONNECTION_NOT_FOUND", "Start linking again"],
  body_too_large: [413, "DATA_VALIDATION_ERROR", "Send less at once"],
  media_type_unsupported: [415, "DATA_VALIDATION_ERROR", "Send application/json"],
  credentials_refused: [422, "DATA_VALIDATION_ERROR", "Check what you typed and send it again"],
  rate_limited: [429, "RATE_LIMIT_EXCEEDED", "Wait for the time in Retry-After"],
  internal: [500, "PROVIDER_API_ERROR", "Try again; quote the request id if it stays"],
  provider_unsupported: [501, "PROVIDER_NOT_CONFIGURED", "Choose another provider"],
  provider_failed: [502, "PROVIDER_API_ERROR", "Try again in a minute"],
  provider_not_configured: [503, "PROVIDER_NOT_CONFIGURED", "Ask the operator to set it up"],
  unavailable: [503, "NETWORK_ERROR", "Wait for the time in Retry-After"],
} as const satisfies Record<string, readonly [status: number, code: string, hint: string]>;

export type ProblemName = keyof typeof PROBLEMS;

/** RFC 9457 `type`: our stable name, as a URI. */
export function problemType(problem: ProblemName): string {
  return `urn:raphael:problem:${problem}`;
}

/** RFC 9457 `title`: the same words for every occurrence, `Ticket of another`. */
export function problemTitle(problem: ProblemName): string {
  const words = problem.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** An answer that the caller can act on. `message` is public: it names the action and the state only. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(
    readonly problem: ProblemName,
    message: string,
    /** Seconds for `Retry-After`; only for `rate_limited` and `unavailable`. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }

  get status(): number {
    return PROBLEMS[this.problem][0];
  }
}
