import { Secret } from "@shared/core/secret.ts";
import type { AccountRef, DriverContext } from "@shared/providers/driver.ts";
import { serve } from "../../dev/serve.ts";

/** Marked values, so that a leak is easy to look for. */
export const MARKED = {
  clientId: "test-client-id",
  clientSecret: "test-leak-client-secret",
  accessToken: "test-leak-access-token",
  refreshToken: "test-leak-refresh-token",
  code: "test-leak-code",
} as const;

export interface SeenRequest {
  /** The address the driver asked for, before it was led here. */
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface PretendProvider {
  readonly requests: readonly SeenRequest[];
  context(p?: { readonly signal?: AbortSignal; readonly now?: Date }): DriverContext;
}

/** `closing` ends with the test: an answer that never comes waits for it. */
type Handler = (request: SeenRequest, closing: AbortSignal) => Response | Promise<Response>;

/**
 * A real HTTP server in the provider's place: the context's fetch leads every https address to it, as
 * the runtime's does for a sandbox. Redirects would lead to it too, so a followed one is seen.
 */
export async function withProvider(
  answer: Handler,
  use: (provider: PretendProvider) => Promise<void>,
): Promise<void> {
  const requests: SeenRequest[] = [];
  const closing = new AbortController();
  const server = serve(
    async (request) => {
      const here = new URL(request.url);
      const origin = request.headers.get("x-test-origin") ?? here.origin;
      const seen: SeenRequest = {
        url: new URL(here.pathname + here.search, origin),
        method: request.method,
        headers: request.headers,
        body: await request.text(),
      };
      requests.push(seen);
      return answer(seen, closing.signal);
    },
    { onError: () => new Response(null) },
  );
  const fetchHere: typeof fetch = (input, init) => {
    const asked = new Request(input, init);
    const { origin, pathname, search } = new URL(asked.url);
    const here = new URL(pathname + search, server.url);
    const headers = new Headers(asked.headers);
    headers.set("x-test-origin", origin);
    return fetch(new Request(new Request(here, asked), { headers }), init);
  };
  try {
    await use({
      requests,
      context: ({ signal, now } = {}) => ({
        client: { id: MARKED.clientId, secret: new Secret(MARKED.clientSecret) },
        fetch: fetchHere,
        now: () => now ?? new Date("2026-03-01T12:00:00Z"),
        signal: signal ?? new AbortController().signal,
      }),
    });
  } finally {
    closing.abort();
    await server.stop();
  }
}

export const ACCOUNT: AccountRef = {
  externalUserId: "test-person",
  accessToken: new Secret(MARKED.accessToken),
  /** Asked by drivers without a host of their own, and by no other. */
  site: new URL("https://site.example.org"),
};

export const WINDOW = {
  from: new Date("2026-02-01T00:00:00Z"),
  to: new Date("2026-02-08T00:00:00Z"),
};
