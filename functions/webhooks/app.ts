import { ProblemError } from "@shared/core/problems.ts";
import type { Answer } from "@shared/http/answer.ts";
import type { HttpRuntime } from "@shared/http/app.ts";
import { createBodyRoom } from "@shared/http/body_room.ts";
import { createDirectApp } from "@shared/http/direct_app.ts";
import { JSON_ONLY } from "@shared/http/media_type.ts";
import { type RawRequest, readRawRequest } from "@shared/http/raw_request.ts";
import { uniformRefusal } from "@shared/http/refusal.ts";

export interface WebhooksPort {
  /** The provider's body cap in bytes; nothing where it has no webhook. */
  maxBytes(provider: string): number | undefined;
  /** What the provider sends; default JSON. */
  mediaTypes?(provider: string): readonly string[] | undefined;
  /** Handshake or delivery. Resolves with 2xx only after the event is committed. */
  handle(delivery: { readonly provider: string; readonly request: RawRequest }): Promise<Answer>;
}

export interface WebhooksRuntime extends HttpRuntime {
  readonly webhooks: WebhooksPort;
}

/** Bodies still being read, together: two of the largest, or a thousand of the usual ones and more. */
const ROOM_BYTES = 32 * 1_024 * 1_024;

/** News from providers: the raw request goes to the use case, which believes only its signature. */
export function createApp(runtime: WebhooksRuntime) {
  const port = runtime.webhooks;
  const room = createBodyRoom(ROOM_BYTES);
  return createDirectApp("webhooks", runtime, {
    pattern: "/:provider/:secret?",
    maxParts: 2,
    methods: ["GET", "POST"],
    async answer(request, [provider = ""]) {
      const maxBytes = port.maxBytes(provider);
      if (maxBytes === undefined) {
        throw new ProblemError("provider_unknown", "Cannot find the webhook: unknown");
      }
      const mediaTypes = port.mediaTypes?.(provider) ?? JSON_ONLY;
      const raw = await readRawRequest(request, { maxBytes, mediaTypes, room });
      return await port.handle({ provider, request: raw });
    },
    finish: uniformRefusal,
  });
}
