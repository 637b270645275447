import type { Told } from "../api/told.ts";
import type { problem as problemBody } from "../api/common_answers.ts";
import {
  ProblemError,
  type ProblemName,
  PROBLEMS,
  problemTitle,
  problemType,
} from "../core/problems.ts";
import type { Answer } from "./answer.ts";

/** `error` as an answer. What we did not foresee becomes 500 without a word of what happened. */
export function problemAnswer(error: unknown, requestId: string): Answer {
  const { problem, message, retryAfter } = toProblem(error);
  const [status, code, hint] = PROBLEMS[problem];
  const body: Told<typeof problemBody> = {
    type: problemType(problem),
    title: problemTitle(problem),
    status,
    detail: message,
    instance: requestId,
    success: false,
    error: message,
    code,
    message,
    hint,
  };
  return {
    status,
    body: JSON.stringify(body),
    headers: {
      "content-type": "application/problem+json; charset=utf-8",
      ...(retryAfter === undefined ? {} : { "retry-after": String(Math.max(1, retryAfter)) }),
      // RFC 9110 11.6.1: a 401 says how to authenticate.
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    },
  };
}

/** Where there is no such method, or no such address, which has none. */
export function missingAnswer(methods: readonly string[], requestId: string): Answer {
  if (methods.length === 0) {
    const missing = new ProblemError("not_found", "Cannot find the address: no such route");
    return problemAnswer(missing, requestId);
  }
  const use = `Cannot use the method here: use ${methods.join(" or ")}`;
  const answer = problemAnswer(new ProblemError("method_not_allowed", use), requestId);
  return { ...answer, headers: { ...answer.headers, allow: methods.join(", ") } };
}

export function toProblem(
  error: unknown,
): { readonly problem: ProblemName; readonly message: string; readonly retryAfter?: number } {
  if (error instanceof ProblemError) {
    const retryAfter = error.retryAfter ?? RETRY_AFTER[error.problem];
    return {
      problem: error.problem,
      message: error.message,
      ...(retryAfter !== undefined ? { retryAfter: Math.ceil(retryAfter) } : {}),
    };
  }
  if (isDatabaseUnavailable(error)) {
    return {
      problem: "unavailable",
      message: "Cannot reach the database: unavailable",
      retryAfter: 5,
    };
  }
  return { problem: "internal", message: "Cannot answer the request: unexpected failure" };
}

/** Seconds where the thrower named none: both answers promise a `Retry-After`. */
const RETRY_AFTER: Readonly<Partial<Record<ProblemName, number>>> = {
  rate_limited: 60,
  unavailable: 5,
};

/** Connection errors of postgres.js and of the system, and the database's own "not now". */
const UNAVAILABLE = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "25006", // read only after a failover
  "40001", // serialization failure
  "40P01", // deadlock
  "55P03", // lock timeout
  "57014", // statement timeout
  "57P01", // shut down by the administrator
  "57P02", // crash of another session
  "57P03", // starting up
]);

/** SQLSTATE classes: 08 connection exception, 53 insufficient resources. */
const UNAVAILABLE_CLASS = /^(?:08|53)[0-9A-Z]{3}$/;

function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") {
    return false;
  }
  return UNAVAILABLE.has(error.code) || UNAVAILABLE_CLASS.test(error.code);
}
