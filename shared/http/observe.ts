import { describeError, type Log } from "./log.ts";
import { toProblem } from "./problem_json.ts";

/** A request under way. */
export interface Observed {
  readonly requestId: string;
  /**
   * Writes its one line into the log. `route` is the pattern of the path, never the path; `error` is
   * what the answer was made of, if it was one.
   */
  answered(call: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly error?: unknown;
  }): void;
}

/** Gives a request its id, and its line in the log when it is answered. */
export function observe(slug: string, log: Log, headers: Headers): Observed {
  const started = performance.now();
  const requestId = acceptRequestId(headers.get("x-request-id"));
  return {
    requestId,
    answered({ method, route, status, error }) {
      if (error !== undefined && toProblem(error).problem === "internal") {
        log("error", "unexpected", { function: slug, requestId, ...describeError(error) });
      }
      log(status >= 500 ? "error" : "info", "request", {
        function: slug,
        method,
        route,
        status,
        ms: Math.round(performance.now() - started),
        requestId,
      });
    },
  };
}

/** A caller's id is kept only where it cannot forge a log line. */
function acceptRequestId(id: string | null): string {
  return id !== null && /^[A-Za-z0-9_-]{8,64}$/.test(id) ? id : crypto.randomUUID();
}
