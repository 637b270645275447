/** Webhooks that are known by their address, or checked before a secret is, through the real receiver. */
import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { directory } from "@shared/providers/directory.ts";
import { createGate } from "@shared/runtime/gate.ts";
import { createReceiver, maxBytes, mediaTypes } from "@shared/webhooks/receive.ts";
import { createApp } from "../../functions/webhooks/app.ts";
import { withDatabase } from "../support/database.ts";
import { httpRuntime } from "./http_runtime.ts";

const SECRET = "test-key-webhook-address";

Deno.test("webhooks knows unsigned news by its address, and answers checks before any secret", async () => {
  const settings = new Map(
    ["withings", "polar"].map((slug) => [slug, {
      client: { id: "1", secret: new Secret("test-key-client") },
      webhook: { signing: [new Secret(SECRET)] },
    }]),
  );
  const now = () => new Date("2026-03-01T12:00:00Z");
  await withDatabase(async ({ appUrl, admin }) => {
    const db = connect({ url: new Secret(appUrl), max: 2, prepare: false });
    const providers = directory(settings, {
      origins: new Map(),
      now,
      gate: createGate(db, () => {}),
    });
    const handle = createReceiver({ db, providers, now });
    const app = createApp({ ...httpRuntime(), webhooks: { maxBytes, mediaTypes, handle } });
    const call = async (path: string, init: RequestInit) => {
      const response = await app.fetch(
        new Request(`https://functions.test/webhooks/${path}`, init),
      );
      await response.body?.cancel();
      return response.status;
    };
    const form = (body: string) => ({ method: "POST", body: new URLSearchParams(body) });
    const json = (body: unknown) => ({
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    try {
      const news = form("userid=12345&appli=1&startdate=1530576000&enddate=1530698753");
      assert.equal(await call(`withings/${SECRET}`, { method: "HEAD" }), 200);
      assert.equal(await call(`withings/${SECRET}`, { method: "GET" }), 200);
      assert.equal(await call(`withings/${SECRET}`, { method: "POST" }), 200);
      assert.equal(await call(`withings/${SECRET}`, news), 200);
      assert.equal(await call("withings/another", news), 401);
      assert.equal(await call("withings", news), 401);
      assert.equal(await call(`withings/${SECRET}`, json({ userid: 12345, appli: 1 })), 415);

      const timestamp = "2026-03-01T11:59:59Z";
      assert.equal(await call("polar", json({ timestamp, event: "PING" })), 200);
      const sleep = { event: "SLEEP", user_id: 475, date: "2026-03-01", timestamp };
      assert.equal(await call("polar", json(sleep)), 401);

      const stored = await admin`
        select provider, count(*)::int as count from raphael_private.webhook_events group by 1`;
      assert.deepEqual([...stored], [{ provider: "withings", count: 1 }]);
    } finally {
      await db.close();
    }
  });
});
