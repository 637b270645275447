/** What a provider in trouble answers. */

export function limited(retryAfter: string): Response {
  return new Response("{}", { status: 429, headers: { "retry-after": retryAfter } });
}

export function html(): Response {
  return new Response("<html>marked-value</html>", { headers: { "content-type": "text/html" } });
}

export function broken(): ReadableStream {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) return controller.error(new Error("cut"));
      sent = true;
      controller.enqueue(new TextEncoder().encode('{"data":['));
    },
  });
}

export function endless(): ReadableStream {
  const chunk = new Uint8Array(256 * 1_024).fill(0x20);
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
}

export function silence(closing: AbortSignal): Promise<Response> {
  return new Promise((resolve) => {
    closing.addEventListener("abort", () => resolve(new Response(null)));
  });
}
