import { ProblemError } from "@shared/core/problems.ts";
import { Secret } from "@shared/core/secret.ts";
import type { Session } from "@shared/http/auth.ts";
import type { LogFields } from "@shared/http/log.ts";

export const ORIGIN = "https://app.example.test";
export const INTERNAL = "internal-secret-of-the-scheduler-00";

export const ALICE = "8c1d3c1e-5b0a-4b43-9a0e-0d5f3a1b2c3d";

function session(anonymous: boolean): Session {
  return {
    userId: ALICE,
    anonymous,
    claims: {
      iss: "https://project.supabase.test/auth/v1",
      aud: "authenticated",
      sub: ALICE,
      role: "authenticated",
      exp: 2,
      iat: 1,
    },
  };
}

/** `Bearer alice` and `Bearer anonymous` are sessions: what a token proves has tests of its own. */
function authenticate(request: Request): Promise<Session> {
  switch (request.headers.get("authorization")) {
    case "Bearer alice":
      return Promise.resolve(session(false));
    case "Bearer anonymous":
      return Promise.resolve(session(true));
    case null:
      return Promise.reject(new ProblemError("session_missing", "Cannot answer: not signed in"));
    default:
      return Promise.reject(new ProblemError("session_invalid", "Cannot use the session: bad"));
  }
}

/** What every app needs of the runtime, with the log kept for reading. */
export function httpRuntime() {
  const lines: ({ readonly level: string; readonly event: string } & LogFields)[] = [];
  return {
    lines,
    log: (level: string, event: string, fields: LogFields = {}) => {
      lines.push({ ...fields, level, event });
    },
    version: "1.2.3",
    corsOrigins: [ORIGIN],
    authenticate,
    internalSecrets: [new Secret(INTERNAL)],
  };
}

/** As `functions.invoke` sends it. */
export function post(body?: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    headers: {
      authorization: "Bearer alice",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

export const GET: RequestInit = { headers: { authorization: "Bearer alice" } };
