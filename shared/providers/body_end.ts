/**
 * The same answer, whose body tells once how it ended: read or let go, or broken off. Headers say little
 * of a provider that stalls in mid-body.
 */
export function tellEnd(
  response: Response,
  onEnd: (ended: "well" | "broken") => Promise<void>,
): Response {
  if (!response.body) {
    void onEnd("well");
    return response;
  }
  const reader = response.body.getReader();
  const body = new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
      } catch (error) {
        // Bad news first: who reads may go on to the next request at once.
        await onEnd("broken");
        throw error;
      }
      controller.close();
      void onEnd("well");
    },
    async cancel(reason) {
      void onEnd("well");
      await reader.cancel(reason);
    },
    // Reads no further than whoever reads this.
  }, { highWaterMark: 0 });
  return new Response(body, response);
}
