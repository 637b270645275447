import assert from "node:assert/strict";
import { publishedKeys } from "@shared/providers/keyset.ts";
import { withProvider } from "../../support/provider_server.ts";

const PROVIDER = { slug: "test", hosts: ["keys.example"] };
const URL_OF_KEYS = "https://keys.example/keyset.json";
const START = Date.parse("2026-03-01T12:00:00Z");

Deno.test("publishedKeys() asks once an hour, for fresh ones once a minute, and together only once", () =>
  withProvider(() => Response.json({ key: [] }), async ({ requests, context }) => {
    let now = START;
    const keys = publishedKeys(PROVIDER, URL_OF_KEYS, {
      ...context(),
      now: () => new Date(now),
    });
    assert.deepEqual(await Promise.all([keys(), keys()]), [{ key: [] }, { key: [] }]);
    assert.equal(requests.length, 1);
    now += 59_000;
    await keys(true);
    assert.equal(requests.length, 1);
    now += 1_000;
    await keys(true);
    assert.equal(requests.length, 2);
    now += 3_599_000;
    await keys();
    assert.equal(requests.length, 2);
    now += 1_000;
    await keys();
    assert.equal(requests.length, 3);
  }));

Deno.test("publishedKeys() keeps the last keys through an outage, and forgets a first one that failed", () => {
  let status = 503;
  return withProvider(
    () => Response.json({ key: [] }, { status }),
    async ({ requests, context }) => {
      let now = START;
      const keys = publishedKeys(PROVIDER, URL_OF_KEYS, {
        ...context(),
        now: () => new Date(now),
      });
      await assert.rejects(keys(), { failure: { kind: "unavailable", status: 503 } });
      status = 200;
      assert.deepEqual(await keys(), { key: [] });
      status = 503;
      now += 3_600_000;
      assert.deepEqual(await keys(), { key: [] });
      assert.equal(requests.length, 3);
    },
  );
});
