import { fromUtf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import type { RawRequest, Webhook } from "@shared/providers/webhook.ts";
import { serve } from "../../../dev/serve.ts";

export interface Receiver {
  readonly url: string;
  readonly verifyToken: Secret;
  /** The JSON that was delivered, in order. */
  readonly bodies: readonly unknown[];
  close(): Promise<void>;
}

/** The app's webhook address: answers the provider's checks as the driver does, and keeps what comes. */
export function openReceiver(webhook: Webhook | undefined, signing: Secret): Receiver {
  const verifyToken = new Secret("test-token-contract");
  const bodies: unknown[] = [];
  const server = serve(
    async (request) => {
      const { method, url, headers } = request;
      const body = new Uint8Array(await request.arrayBuffer());
      const raw: RawRequest = { method, url: new URL(url), headers, body };
      const answer = webhook?.greet?.(raw) ??
        await webhook?.handshake?.(raw, { signing: [signing], verifyToken });
      if (answer) return answer;
      if (/\bjson\b/.test(headers.get("content-type") ?? "")) {
        bodies.push(JSON.parse(fromUtf8(body)));
      }
      return new Response(null);
    },
  );
  return {
    url: `${server.url}/webhooks`,
    verifyToken,
    bodies,
    close: server.stop,
  };
}
