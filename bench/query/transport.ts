/** Answers `/?bytes=n` with so many bytes and does nothing else: what HTTP alone costs an answer. */
const TEXT = "x".repeat(1_000_000);

export default {
  fetch(request: Request): Response {
    const bytes = Number(new URL(request.url).searchParams.get("bytes"));
    return new Response(TEXT.slice(0, bytes), {
      headers: { "content-type": "application/json; charset=utf-8" },
    });
  },
};
