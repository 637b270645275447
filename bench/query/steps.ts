/** Where the time of one answer goes: each step of the function by itself, in this process. */
import { latestQuery } from "@shared/api/metrics.ts";
import { toBase64Url } from "@shared/core/bytes.ts";
import { sha256 } from "@shared/core/crypto.ts";
import { readAs } from "@shared/db/as_user.ts";
import type { Database } from "@shared/db/client.ts";
import { takeSlot } from "@shared/db/rate_limits.ts";
import { createAuthenticator } from "@shared/http/auth.ts";
import { percentile } from "../support/statistics.ts";

const TIMES = 300;

/** Milliseconds of each step, the median. */
export async function steps(p: {
  readonly db: Database;
  readonly jwks: string;
  readonly token: string;
  readonly person: string;
  readonly answer: string;
}): Promise<Readonly<Record<string, number>>> {
  const authenticate = createAuthenticator({
    issuer: "https://project.example.com/auth/v1",
    jwks: JSON.parse(p.jwks),
  });
  const request = new Request("https://project.example.com/metrics", {
    headers: { authorization: `Bearer ${p.token}` },
  });
  const access = {
    claims: { sub: p.person, role: "authenticated" },
    action: "metrics.latest",
    requestId: crypto.randomUUID(),
    metrics: ["glucose"],
  };
  const parsed = JSON.parse(p.answer);
  const each: Readonly<Record<string, () => unknown>> = {
    "session (ES256)": () => authenticate(request),
    "query (zod)": () => latestQuery.parse({ types: "glucose,heart_rate" }),
    "limiter": () =>
      p.db.query((sql) =>
        takeSlot(sql, { key: "bench", limit: 1_000_000_000, windowSeconds: 900 })
      ),
    "role, claims and audit": () => readAs(p.db, access, () => []),
    "JSON and ETag": () => toBase64Url(sha256(JSON.stringify(parsed))),
  };
  const medians: Record<string, number> = {};
  for (const [name, step] of Object.entries(each)) {
    const times: number[] = [];
    for (let n = 0; n < TIMES; n++) {
      const start = performance.now();
      await step();
      times.push(performance.now() - start);
    }
    medians[name] = percentile(times, 50);
  }
  return medians;
}
