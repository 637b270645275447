import assert from "node:assert/strict";
import { OPERATIONS } from "@shared/api/operations/mod.ts";
import { createApp as connect } from "../../functions/connect/app.ts";
import { createApp as metrics } from "../../functions/metrics/app.ts";
import { createApp as oauthCallback } from "../../functions/oauth-callback/app.ts";
import { createApp as syncWorker } from "../../functions/sync-worker/app.ts";
import { createApp as tokenRefresh } from "../../functions/token-refresh/app.ts";
import { httpRuntime } from "./http_runtime.ts";

/** Every route of the functions but `webhooks`, which has one and no router, and the health of all. */
function routes(): readonly string[] {
  // SAFETY: no port is called, for no request is made.
  const unused = {} as never;
  const runtime = {
    ...httpRuntime(),
    connect: unused,
    metrics: unused,
    oauthCallback: unused,
    syncWorker: unused,
    tokenRefresh: unused,
  };
  const apps = [connect, metrics, oauthCallback, syncWorker, tokenRefresh]
    .map((create) => create(runtime));
  const found = apps.flatMap(({ routes }) => routes)
    .filter(({ method, path }) => method !== "ALL" && !path.endsWith("/health"))
    .map(({ method, path }) =>
      `${method} ${path.replace(/\/$/, "").replaceAll(/:(\w+)/g, "{$1}")}`
    );
  return [...new Set(found)].sort();
}

Deno.test("OPERATIONS are the functions' routes, one for one", () => {
  const described = OPERATIONS.filter(({ path }) => !path.startsWith("/webhooks/"))
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  assert.deepEqual(described.toSorted(), routes());
});

Deno.test("OPERATIONS have a name and an address of their own each", () => {
  const unique = (values: readonly string[]) => assert.equal(new Set(values).size, values.length);
  unique(OPERATIONS.map(({ id }) => id));
  unique(OPERATIONS.map(({ method, path }) => `${method} ${path}`));
  for (const { aliasOf } of OPERATIONS) {
    assert.ok(aliasOf === undefined || OPERATIONS.some(({ id }) => id === aliasOf), aliasOf);
  }
});
