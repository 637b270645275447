/** What a provider in trouble answers with; each is made anew. */

export function limited(retryAfter?: string): Response {
  const headers = retryAfter === undefined ? {} : { "retry-after": retryAfter };
  return new Response("{}", { status: 429, headers });
}

export function html(): Response {
  return new Response("<html>marked-value</html>", { headers: { "content-type": "text/html" } });
}

/** A body that begins, and ends with its connection. */
export function broken(): Response {
  return new Response(begun((controller) => controller.error(new Error("cut"))));
}

/** A body that begins, and says no more until `closing`. */
export function stalled(closing: AbortSignal): Response {
  return new Response(
    begun((controller) =>
      new Promise((resolve) => {
        closing.addEventListener("abort", () => {
          controller.close();
          resolve();
        });
      })
    ),
  );
}

export function endless(): Response {
  const chunk = new Uint8Array(256 * 1_024).fill(0x20);
  return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
}

/** Says nothing at all until `closing`. */
export function silence(closing: AbortSignal): Promise<Response> {
  return new Promise((resolve) => {
    closing.addEventListener("abort", () => resolve(new Response(null)));
  });
}

function begun(
  next: (controller: ReadableStreamDefaultController) => void | Promise<void>,
): ReadableStream {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) return next(controller);
      sent = true;
      controller.enqueue(new TextEncoder().encode('{"data":['));
    },
  });
}
