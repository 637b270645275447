import assert from "node:assert/strict";
import { createVault } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";
import { openTokens, sealTokens } from "@shared/connections/tokens.ts";
import { loadAccount, storeTokens } from "@shared/db/accounts.ts";
import { createRuntime } from "@shared/runtime.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { GOOD } from "../support/environment.ts";
import { KEYS } from "../support/key_rotation.ts";
import { addAccount, addPerson } from "../support/people.ts";

type Kid = keyof typeof KEYS;

/** What a deployment with these keys does within an hour; the first of them is the active one. */
async function deployed({ appUrl }: TestDatabase, ...kids: readonly Kid[]): Promise<void> {
  const runtime = createRuntime({
    ...GOOD,
    RAPHAEL_DATABASE_URL: appUrl,
    ENCRYPTION_KEYS: kids.map((kid) => `${kid}:${KEYS[kid]}`).join(","),
    ENCRYPTION_ACTIVE_KEY: kids[0],
  }, { log: () => {} });
  try {
    await runtime.tokenRefresh.enqueueDue();
    await runtime.syncWorker.drain();
  } finally {
    await runtime.close();
  }
}

Deno.test("a key is changed as docs/OPERATIONS.md says, and not removed before nothing needs it", async () => {
  await withDatabase(async (database) => {
    const { admin, app } = database;
    const account = { ...await addAccount(app, await addPerson(admin)), provider: "oura" };
    const old = createVault({ active: "k1", masters: new Map([["k1", new Secret(KEYS.k1)]]) });
    const tokens = { accessToken: new Secret("access"), refreshToken: new Secret("refresh") };
    await storeTokens(app, account.id, await sealTokens(old, account, tokens, 1));

    await deployed(database, "k1", "k2");
    await assert.rejects(deployed(database, "k2"), {
      message: "Cannot start: ENCRYPTION_KEYS lacks keys that are in use: k1 (1 values)",
    });
    await deployed(database, "k2", "k1");
    await deployed(database, "k2");

    const stored = await loadAccount(app, account.id);
    assert.ok(stored);
    const now = createVault({ active: "k2", masters: new Map([["k2", new Secret(KEYS.k2)]]) });
    assert.equal((await openTokens(now, stored))?.refreshToken?.reveal(), "refresh");
    await assert.rejects(openTokens(old, stored));
  });
});
