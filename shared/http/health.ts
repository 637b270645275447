import type { Told } from "../api/told.ts";
import type { health as healthBody } from "../api/common_answers.ts";
import type { Answer } from "./answer.ts";

/** Told to anyone, so nothing but that we run, which release, and for how many seconds. */
export function health(version: string): Answer {
  const uptime = Math.floor(performance.now() / 1_000);
  const body: Told<typeof healthBody> = { status: "healthy", version, uptime };
  return {
    status: 200,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  };
}
