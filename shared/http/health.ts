import type { Answer } from "./answer.ts";

/** Told to anyone, so nothing but that we run, which release, and for how many seconds. */
export function health(version: string): Answer {
  const uptime = Math.floor(performance.now() / 1_000);
  return {
    status: 200,
    body: JSON.stringify({ status: "healthy", version, uptime }),
    headers: { "content-type": "application/json" },
  };
}
