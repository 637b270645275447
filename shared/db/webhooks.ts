import postgres from "postgres";
import { type Bytes, concat, toHex } from "../core/bytes.ts";
import type { Sql } from "./client.ts";
import { jobRecord } from "./jobs.ts";

/** A verified delivery, to be stored. */
export interface NewWebhook {
  readonly provider: string;
  readonly dedupKey: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Bytes;
}

/** Events and their jobs in one statement, all or none. Returns how many were not stored before. */
export async function recordWebhooks(sql: Sql, webhooks: readonly NewWebhook[]): Promise<number> {
  // The function names key and payload, for it makes the events' ids.
  const { kind, queue, priority } = jobRecord({
    kind: "webhook.process",
    payload: { eventId: "" },
  });
  let end = 0;
  const events = webhooks.map(({ provider, dedupKey, contentType, headers, body }) => {
    const starts_at = end;
    end += body.length;
    return {
      provider,
      dedup_key: dedupKey,
      content_type: contentType,
      headers,
      starts_at,
      bytes: body.length,
    };
  });
  const bodies = concat(...webhooks.map(({ body }) => body));
  const [row] = await sql<[{ count: number }]>`
    select raphael_private.record_webhooks(
      ${sql.json(events)}, ${byteaText(bodies)}::text::bytea, ${kind}, ${queue}, ${priority}
    ) as count`;
  return row.count;
}

/** Fatal, and with a byte order mark kept: what it gives is those very bytes. */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * `bytes` as the server reads them. The driver writes hexadecimal, which takes twice the room and on
 * Deno 2.1 six microseconds a body; text is itself but for its backslashes (bytea's escape format).
 */
function byteaText(bytes: Bytes): string {
  try {
    const text = strict.decode(bytes);
    // A text value of the server's cannot hold the null character.
    if (!text.includes("\0")) return text.replaceAll("\\", "\\\\");
  } catch {
    // Not UTF-8, so no text.
  }
  return `\\x${toHex(bytes)}`;
}

/**
 * Whether a statement failed by what it was given and not by the state of the database: data, integrity,
 * limits, exceptions that a trigger raised, or a deadlock. Another delivery may fare better.
 */
export function mayBeOneWebhooks(error: unknown): boolean {
  return error instanceof postgres.PostgresError && /^(?:2[1-3]|40|44|54|P0)/.test(error.code);
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
