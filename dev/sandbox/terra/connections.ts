import { toHex, utf8 } from "@shared/core/bytes.ts";
import type { TerraConnection } from "../store.ts";
import type { SandboxClient, SandboxRecord, World } from "../world.ts";

/** Version of the payload format, in each data event. */
const PAYLOAD_VERSION = "2022-03-16";
/** Objects in one chunk at most. */
const CHUNK = 10;

export function shownUser(connection: TerraConnection) {
  return {
    user_id: connection.userId,
    provider: connection.provider,
    created_at: connection.createdAt,
    last_webhook_update: connection.lastWebhookUpdate,
    scopes: connection.scopes,
    reference_id: connection.referenceId,
    active: connection.active,
  };
}

export interface TerraHooks {
  /** Any event that is not about data. */
  event(body: Readonly<Record<string, unknown>>): void;
  /** Data of one type, in chunks that share `reference`; it is in the ledger from now on. */
  data(
    connection: TerraConnection,
    type: string,
    records: readonly SandboxRecord[],
    reference: string,
  ): void;
  athlete(connection: TerraConnection, athlete: unknown, reference: string): void;
  /** How many deliveries `data` will make of `records`. */
  chunks(records: readonly SandboxRecord[]): number;
  serve(connection: TerraConnection, type: string, records: readonly SandboxRecord[]): void;
}

/** Sends what Terra sends to the destination that the app set in its dashboard. */
export function createTerraHooks(world: World, client: SandboxClient): TerraHooks {
  const { clock, courier, ledger, store } = world;

  function send(body: unknown, reference: string, traceId: string): void {
    const { webhookUrl, webhookSecret } = client;
    // Without a destination Terra has nowhere to send to.
    if (!webhookUrl || !webhookSecret) return;
    const text = JSON.stringify(body);
    const ordering = String(clock().getTime());
    courier.send({
      id: traceId,
      provider: "terra",
      url: webhookUrl,
      body: text,
      headers: async () => {
        const value = await signature(webhookSecret, clock(), text);
        return {
          "terra-signature": value,
          "x-terra-signature": value,
          "terra-reference": reference,
          "x-terra-trace-id": traceId,
          "x-terra-ordering-timestamp": ordering,
        };
      },
      timeoutSeconds: 8,
      attempts: 8,
    });
  }

  const serve: TerraHooks["serve"] = (connection, type, records) =>
    ledger.serve({
      provider: "terra",
      person: connection.person,
      externalUserId: connection.userId,
      resource: type,
    }, records);

  const touch = (connection: TerraConnection) => {
    connection.lastWebhookUpdate = clock().toISOString().replace("Z", "000+00:00");
    store.save();
  };

  return {
    serve,
    event: (body) => send(body, crypto.randomUUID(), crypto.randomUUID()),
    data(connection, type, records, reference) {
      touch(connection);
      serve(connection, type, records);
      const trace = crypto.randomUUID();
      for (let i = 0; i < records.length; i += CHUNK) {
        const data = records.slice(i, i + CHUNK).map((record) => record.body);
        const body = { type, user: shownUser(connection), data, version: PAYLOAD_VERSION };
        send(body, reference, records.length > CHUNK ? `${trace}:chunk:${i / CHUNK + 1}` : trace);
      }
    },
    athlete(connection, athlete, reference) {
      touch(connection);
      const user = shownUser(connection);
      const body = { type: "athlete", user, athlete, version: PAYLOAD_VERSION };
      send(body, reference, crypto.randomUUID());
    },
    chunks: (records) => Math.ceil(records.length / CHUNK),
  };
}

/** `t=<unix seconds>,v1=<hex of HMAC-SHA256 over "t.body">`. */
async function signature(secret: string, now: Date, body: string): Promise<string> {
  const key = await crypto.subtle.importKey(
    "raw",
    utf8(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const t = Math.floor(now.getTime() / 1_000);
  const mac = await crypto.subtle.sign("HMAC", key, utf8(`${t}.${body}`));
  return `t=${t},v1=${toHex(new Uint8Array(mac))}`;
}
