import assert from "node:assert/strict";
import { createDocs } from "../../../dev/docs.ts";

const docs = createDocs({ anonKey: "anon-key", email: "demo@example.test" });
const get = async (path: string) => await docs(new Request(`http://127.0.0.1:1${path}`));

Deno.test("createDocs() serves the page with all that it loads, and leads to it", async () => {
  const page = await (await get("/docs/api/")).text();
  const parts = [...page.matchAll(/(?:src|href)="([^":]+)"/g)].map(([, part]) => part);
  assert.ok(parts.length >= 4, parts.join());
  for (const part of parts) {
    const response = await get(`/docs/api/${part}`);
    assert.equal(response.status, 200, part);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    await response.body?.cancel();
  }
  for (const path of ["/docs", "/docs/"]) {
    assert.equal((await get(path)).headers.get("location"), "http://127.0.0.1:1/docs/api/");
  }
});

Deno.test("createDocs() gives the function's document and the project's key, and no other file", async () => {
  const document = await get("/docs/openapi.json");
  assert.equal(
    document.headers.get("location"),
    "http://127.0.0.1:1/functions/v1/metrics/openapi.json",
  );
  assert.deepEqual(await (await get("/docs/api/local.json")).json(), {
    anonKey: "anon-key",
    email: "demo@example.test",
  });
  for (const path of ["nonesuch", "../providers.md", "%2e%2e/providers.md", "swagger-ui/LICENSE"]) {
    const { status } = await get(`/docs/api/${path}`);
    assert.ok(status === 404 || status === 302, `${path}: ${status}`);
  }
});
