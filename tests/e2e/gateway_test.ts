import assert from "node:assert/strict";
import { serve } from "../../dev/serve.ts";
import { startGateway } from "../../dev/gateway.ts";
import { freePort } from "../../dev/ports.ts";

/** A gateway before one function, `echo`, which answers with `answer`. */
async function withGateway(
  answer: (request: Request) => Response | Promise<Response>,
  use: (base: string) => Promise<void>,
): Promise<void> {
  const server = serve(answer);
  const port = freePort();
  const gateway = startGateway({
    port,
    functionUrl: (slug) =>
      slug === "echo" ? server.url : slug === "down" ? `http://127.0.0.1:${freePort()}` : undefined,
    auth: () => new Response("auth"),
  });
  try {
    await use(`http://127.0.0.1:${port}`);
  } finally {
    await gateway.stop();
    await server.stop();
  }
}

const describe = async (request: Request) =>
  Response.json({
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
  });

Deno.test("startGateway() strips /functions/v1 and keeps path, query, method and body", async () => {
  await withGateway(describe, async (base) => {
    const response = await fetch(`${base}/functions/v1/echo/a%2Fb?x=1&x=2`, {
      method: "POST",
      body: '{"a": 1}',
      headers: { authorization: "Bearer t", apikey: "k" },
    });
    const seen = await response.json();
    const { pathname, search } = new URL(seen.url);
    assert.deepEqual([seen.method, pathname, search], ["POST", "/echo/a%2Fb", "?x=1&x=2"]);
    assert.equal(seen.body, '{"a": 1}');
    assert.equal(seen.headers.authorization, "Bearer t");
    assert.equal(seen.headers.apikey, "k");
    assert.equal(seen.headers["x-forwarded-host"], new URL(base).host);
    assert.equal(seen.headers["x-forwarded-for"], "127.0.0.1");
    assert.notEqual(seen.headers.host, new URL(base).host);
  });
});

Deno.test("startGateway() hands redirects and empty answers on as they are", async () => {
  const away = () => new Response(null, { status: 302, headers: { location: "https://x.test/" } });
  await withGateway(away, async (base) => {
    const response = await fetch(`${base}/functions/v1/echo`, { redirect: "manual" });
    assert.equal(response.status, 302);
    assert.equal(response.headers.get("location"), "https://x.test/");
    await response.body?.cancel();
  });
});

Deno.test("startGateway() streams a body before it has ended", async () => {
  const first = Promise.withResolvers<string>();
  const answer = async (request: Request) => {
    const reader = request.body?.getReader();
    const { value } = await reader?.read() ?? {};
    first.resolve(new TextDecoder().decode(value));
    await reader?.cancel();
    return new Response("done");
  };
  await withGateway(answer, async (base) => {
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("first"));
        await first.promise; // the second half is sent only after the first has arrived
        controller.enqueue(new TextEncoder().encode("second"));
        controller.close();
      },
    });
    const response = await fetch(`${base}/functions/v1/echo`, { method: "POST", body });
    assert.equal(await first.promise, "first");
    await response.body?.cancel();
  });
});

Deno.test("startGateway() leaves CORS to the function", async () => {
  await withGateway(() => new Response(null, { status: 204 }), async (base) => {
    const response = await fetch(`${base}/functions/v1/echo`, {
      method: "OPTIONS",
      headers: { origin: "https://app.test", "access-control-request-method": "POST" },
    });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get("access-control-allow-origin"), null);
  });
});

Deno.test("startGateway() answers unknown and broken functions as the platform does", async () => {
  await withGateway(describe, async (base) => {
    const unknown = await fetch(`${base}/functions/v1/nope`);
    assert.equal(unknown.status, 404);
    assert.equal((await unknown.json()).code, "NOT_FOUND");
    const down = await fetch(`${base}/functions/v1/down`);
    assert.equal(down.status, 503);
    assert.equal((await down.json()).code, "BOOT_ERROR");
    const elsewhere = await fetch(`${base}/rest/v1/x`);
    assert.equal(elsewhere.status, 404);
    await elsewhere.body?.cancel();
  });
});
