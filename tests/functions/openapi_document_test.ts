import assert from "node:assert/strict";
import { createApp } from "../../functions/metrics/app.ts";
import { httpRuntime, ORIGIN } from "./http_runtime.ts";

const DOCUMENT = new URL("../../docs/openapi.json", import.meta.url);

// SAFETY: the document asks nothing of the port.
const app = createApp({ ...httpRuntime(), metrics: {} as never });

const ask = async (headers: Record<string, string> = {}) =>
  await app.request("/metrics/openapi.json", { headers });

Deno.test("metrics gives docs/openapi.json to anyone, and to a listed page", async () => {
  const response = await ask({ origin: ORIGIN });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  assert.equal(response.headers.get("access-control-allow-origin"), ORIGIN);
  assert.deepEqual(await response.json(), JSON.parse(Deno.readTextFileSync(DOCUMENT)));
});

Deno.test("metrics lets every cache keep the document, and ask whether it still holds", async () => {
  const first = await ask();
  assert.equal(first.headers.get("cache-control"), "public, max-age=300");
  assert.equal(first.headers.get("vary"), "Origin");
  const again = await ask({ "if-none-match": first.headers.get("etag") ?? "" });
  assert.deepEqual([again.status, await again.text()], [304, ""]);
});
