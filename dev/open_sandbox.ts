import { join } from "node:path";
import { CLIENT_IDS, cloudClientId } from "./function_env.ts";
import type { Keys } from "./keys.ts";
import { type Sandbox, startSandbox } from "./sandbox/server.ts";

export interface OpenSandboxOptions {
  readonly port: number;
  readonly gatewayUrl: string;
  readonly keys: Keys;
  /** Its memory lives and dies with the database that holds what it sent. */
  readonly folder: string;
}

/** Registers us with every pretend provider, as an operator does in their dashboards. */
export function openSandbox(options: OpenSandboxOptions): Promise<Sandbox> {
  const { port, keys, folder } = options;
  const functions = `${options.gatewayUrl}/functions/v1`;
  const redirectUris = (slug: string) => [`${functions}/oauth-callback/${slug}`];
  return startSandbox({
    port,
    hostname: "127.0.0.1",
    ledgerPath: join(folder, "sandbox.jsonl"),
    announceSeconds: 60,
    clients: {
      ...Object.fromEntries(
        Object.entries(keys.cloud).map(([slug, { secret, webhookSecret, apiKey }]) => [slug, {
          id: cloudClientId(slug),
          secret,
          webhookSecret,
          apiKey,
          webhookUrl: `${functions}/webhooks/${slug}`,
          redirectUris: redirectUris(slug),
        }]),
      ),
      oura: { id: CLIENT_IDS.oura, secret: keys.oura.secret, redirectUris: redirectUris("oura") },
      terra: {
        id: CLIENT_IDS.terra,
        secret: keys.terra.apiKey,
        webhookSecret: keys.terra.webhookSecret,
        webhookUrl: `${functions}/webhooks/terra`,
      },
      dexcom: {
        id: CLIENT_IDS.dexcom,
        secret: keys.dexcom.secret,
        redirectUris: redirectUris("dexcom"),
      },
    },
  });
}
