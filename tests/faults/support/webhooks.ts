/** The webhooks function as it is served, and a provider that sends to it. */
import { createHmac } from "node:crypto";
import type { Sql } from "@shared/db/client.ts";
import { freePort } from "../../../dev/ports.ts";
import { GOOD } from "../../support/environment.ts";
import { eventually } from "./plan.ts";
import { type DenoProcess, startDeno } from "./process.ts";

/** TEST KEY */
const SECRET = "test-key-terra-signing";

/** What the function needs to take Terra's webhooks. */
export function environment(databaseUrl: string): Readonly<Record<string, string>> {
  return {
    ...GOOD,
    RAPHAEL_DATABASE_URL: databaseUrl,
    TERRA_DEV_ID: "terra-dev",
    TERRA_API_KEY: "test-key-terra",
    TERRA_WEBHOOK_SECRET: SECRET,
  };
}

export interface Served extends DenoProcess {
  readonly url: string;
}

/** `functions/webhooks` in a process of its own, when it answers. */
export async function serve(databaseUrl: string, port = freePort()): Promise<Served> {
  const flags = ["--no-lock", "--no-check", "--quiet", "--allow-net", "--allow-env"];
  const server = startDeno({
    args: ["serve", ...flags, "--host=127.0.0.1", `--port=${port}`, "functions/webhooks/index.ts"],
    env: environment(databaseUrl),
  });
  const answers = await eventually(
    () =>
      fetch(`http://127.0.0.1:${port}/`).then((r) => r.body?.cancel()).then(
        () => true,
        () => false,
      ),
    60_000,
  );
  if (answers) return { ...server, url: `http://127.0.0.1:${port}/webhooks/terra` };
  await server.kill();
  throw new Error(`Cannot serve webhooks: ${server.lastWords()}`);
}

export interface Delivery {
  /** Terra's trace: the same for each copy. */
  readonly id: string;
  readonly body: string;
  /** Unix milliseconds: what was ordered later wins. */
  readonly orderedAt?: number;
}

/** A delivery that carries no data; `padding` makes it larger. */
export function empty(id: string, padding = ""): Delivery {
  const user = { user_id: "00000000-0000-4000-8000-0000000000aa", provider: "GARMIN" };
  return { id, body: JSON.stringify({ type: "daily", user, data: [], padding }) };
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
}

/** Throws where the server is not there, or says nothing for so long. */
export async function send(
  url: string,
  { id, body, orderedAt }: Delivery,
  patienceMs = 15_000,
): Promise<Answer> {
  const time = Math.floor(Date.now() / 1_000);
  const mac = createHmac("sha256", SECRET).update(`${time}.${body}`).digest("hex");
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "terra-signature": `t=${time},v1=${mac}`,
      "x-terra-trace-id": id,
      ...(orderedAt === undefined ? {} : { "x-terra-ordering-timestamp": String(orderedAt) }),
    },
    body,
    signal: AbortSignal.timeout(patienceMs),
  });
  await response.body?.cancel();
  return { status: response.status, retryAfter: response.headers.get("retry-after") };
}

export interface Intake {
  readonly events: number;
  readonly lost: number;
  readonly withoutJob: number;
  readonly jobs: number;
  /** Events that were committed together with others. */
  readonly grouped: number;
}

/** I5 of the fault plan: what was acknowledged is stored, and every event has its job. No worker ran. */
export async function checkIntake(admin: Sql, acked: readonly string[]): Promise<Intake> {
  const [row] = await admin<[Intake]>`
    select
      (select count(*)::int from raphael_private.webhook_events) as events,
      (select count(*)::int from unnest(${[...acked]}::text[]) as a (id)
        where not exists (
          select from raphael_private.webhook_events e
          where e.dedup_key = left(encode(sha256(convert_to(a.id, 'utf8')), 'hex'), 32))) as lost,
      (select count(*)::int from raphael_private.webhook_events e
        where not exists (
          select from raphael_private.sync_jobs j where j.payload ->> 'eventId' = e.id::text)) as "withoutJob",
      (select count(*)::int from raphael_private.sync_jobs) as jobs,
      (select coalesce(sum(n), 0)::int from (
        select count(*) as n from raphael_private.webhook_events group by received_at having count(*) > 1
      ) g) as grouped`;
  return { ...row };
}
