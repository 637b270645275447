import { ProblemError } from "@shared/core/problems.ts";
import { createHttpApp, type HttpRuntime } from "@shared/http/app.ts";
import { type RawRequest, readRawRequest } from "@shared/http/raw_request.ts";
import { uniformRefusal } from "@shared/http/refusal.ts";
import { JSON_ONLY } from "@shared/http/media_type.ts";

export interface WebhooksPort {
  /** The provider's body cap in bytes; nothing where it has no webhook. */
  maxBytes(provider: string): number | undefined;
  /** What the provider sends; default JSON. */
  mediaTypes?(provider: string): readonly string[] | undefined;
  /** Handshake or delivery. Resolves with 2xx only after the event is committed. */
  handle(delivery: {
    readonly provider: string;
    readonly pathSecret?: string;
    readonly request: RawRequest;
  }): Promise<WebhookAnswer>;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly body?: string;
  readonly contentType?: string;
}

export interface WebhooksRuntime extends HttpRuntime {
  readonly webhooks: WebhooksPort;
}

/** News from providers: the raw request goes to the use case, which believes only its signature. */
export function createApp(runtime: WebhooksRuntime) {
  const port = runtime.webhooks;
  const app = createHttpApp("webhooks", runtime);
  app.use("*", uniformRefusal);
  app.on(["GET", "POST"], "/:provider/:secret?", async (c) => {
    const provider = c.req.param("provider") ?? "";
    const pathSecret = c.req.param("secret");
    const maxBytes = port.maxBytes(provider);
    if (maxBytes === undefined) {
      throw new ProblemError("provider_unknown", "Cannot find the webhook: unknown");
    }
    const mediaTypes = port.mediaTypes?.(provider) ?? JSON_ONLY;
    const request = await readRawRequest(c.req.raw, { maxBytes, mediaTypes });
    const answer = await port.handle({ provider, request, ...(pathSecret ? { pathSecret } : {}) });
    return new Response(answer.body ?? null, {
      status: answer.status,
      ...(answer.contentType ? { headers: { "content-type": answer.contentType } } : {}),
    });
  });
  return app;
}
