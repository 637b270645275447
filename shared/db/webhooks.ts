import type { Bytes } from "../core/bytes.ts";
import type { Sql } from "./client.ts";
import { jobRecord } from "./jobs.ts";

/** Event and job in one statement; false where this delivery was stored before. */
export async function recordWebhook(
  sql: Sql,
  p: {
    provider: string;
    dedupKey: string;
    contentType: string;
    headers: Readonly<Record<string, string>>;
    body: Bytes;
  },
): Promise<boolean> {
  // The function names key and payload, for it makes the event's id.
  const job = jobRecord({ kind: "webhook.process", payload: { eventId: "" } });
  const [row] = await sql<[{ inserted: boolean }]>`
    select inserted
    from raphael_private.record_webhook(
      ${p.provider}, ${p.dedupKey}, ${p.contentType}, ${sql.json(p.headers)}, ${p.body}, ${
    sql.json(job)
  }
    )`;
  return row.inserted;
}

export interface StoredWebhook {
  readonly provider: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Bytes;
  /** With microseconds, as text: a Date would lose them. */
  readonly receivedAt: string;
}

export async function readWebhook(sql: Sql, id: string): Promise<StoredWebhook | undefined> {
  const [row] = await sql<StoredWebhook[]>`
    select provider, content_type as "contentType", headers, body, received_at::text as "receivedAt"
    from raphael_private.read_webhook(${id})`;
  return row;
}

export type WebhookOutcome = "processed" | "unmatched" | "ignored" | "refused";

export async function settleWebhook(sql: Sql, id: string, outcome: WebhookOutcome): Promise<void> {
  await sql`select raphael_private.settle_webhook(${id}, ${outcome})`;
}
