import assert from "node:assert/strict";
import { createVault } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";
import { access } from "@shared/connections/access.ts";
import { connect } from "@shared/db/client.ts";
import type { ConfiguredProvider } from "@shared/providers/configured.ts";
import oura from "@shared/providers/oura.ts";
import { withDatabase } from "../support/database.ts";
import { KEY } from "../support/environment.ts";
import { IDLE, link, okay, vault, withLinked } from "../support/linked.ts";

Deno.test("a token that was moved between rows ends its account, and no provider is asked", async () => {
  await withLinked(okay, async ({ renew, row, database, id, provider }) => {
    const other = await link(database, "other");
    await database.admin`
      update raphael_private.account_tokens t set refresh_ct = o.refresh_ct
      from raphael_private.account_tokens o where t.account_id = ${id} and o.account_id = ${other.id}`;
    assert.deepEqual(await renew(), { kind: "reauthorize", cause: "tokens_damaged" });
    assert.equal(provider.requests.length, 0);
    assert.deepEqual(await row(), { ...IDLE, status: "error", cause: "tokens_damaged" });
  });
});

Deno.test("a token in plain text is damaged too", async () => {
  await withLinked(okay, async ({ renew, database, id, provider }) => {
    await database.admin`
      update raphael_private.account_tokens set access_ct = 'access', refresh_ct = 'refresh'
      where account_id = ${id}`;
    assert.deepEqual(await renew(), { kind: "reauthorize", cause: "tokens_damaged" });
    assert.equal(provider.requests.length, 0);
  });
});

Deno.test("a key that is missing here is waited for: no link ends by an operator's mistake", async () => {
  await withLinked(okay, async ({ renew, row, provider, logged, id }) => {
    const other = createVault({
      active: "k2",
      masters: new Map([["k2", new Secret(KEY.replace("A", "B"))]]),
    });
    const waiting = await renew({ vault: other });
    assert.deepEqual([waiting.kind, "reason" in waiting && waiting.reason], [
      "wait",
      "Cannot open tokens: key k1 is not configured",
    ]);
    assert.deepEqual(logged, [{ event: "key_missing", account: id, kid: "k1" }]);
    assert.deepEqual([await row(), provider.requests.length], [IDLE, 0]);
  });
});

Deno.test("access() refreshes what ends within some minutes, not all at the same moment", async () => {
  await withDatabase(async (database) => {
    const db = connect({ url: new Secret(database.appUrl), max: 2, prepare: false });
    const asked: string[] = [];
    const until = async (seconds: number) => {
      const { id } = await link(database);
      await database.admin`
        update raphael_private.account_tokens set expires_at = now() + make_interval(secs => ${seconds})
        where account_id = ${id}`;
      const isolate = {
        timeLeftMs: () => (asked.push(id), 0),
        keep() {},
        idle: () => Promise.resolve(),
      };
      const stub: ConfiguredProvider = {
        driver: oura,
        client: { id: "test", secret: new Secret("test") },
        region: "",
        context: () => assert.fail("no provider is asked"),
        admit: () => assert.fail(),
        release: () => Promise.resolve(),
        browserUrl: (url) => url,
      };
      const providers = { get: () => stub, all: () => [stub] };
      await access({ db, vault, log: () => {}, isolate, providers }, id);
      return asked.includes(id);
    };
    try {
      assert.equal(await until(290), true);
      assert.equal(await until(370), false);
      const between = await Promise.all(Array.from({ length: 24 }, () => until(331)));
      assert.equal(new Set(between).size, 2, "some now, some later");
    } finally {
      await db.close();
    }
  });
});
