import assert from "node:assert/strict";
import { sha256 } from "@shared/core/crypto.ts";
import { Secret } from "@shared/core/secret.ts";
import { enqueueDueRefreshes } from "@shared/connections/refresh_jobs.ts";
import { storeTokens } from "@shared/db/accounts.ts";
import { connect } from "@shared/db/client.ts";
import { withDatabase } from "../support/database.ts";
import { addAccount, addPerson } from "../support/people.ts";

const MINUTE = 60;

Deno.test("enqueueDueRefreshes() takes what ends before the next hour's tick, spread, none past its end", async () => {
  await withDatabase(async ({ app, admin, appUrl }) => {
    const db = connect({ url: new Secret(appUrl), max: 1, prepare: false });
    const userId = await addPerson(admin);
    const endings = [-600, 60, 599, 601, 20 * MINUTE, ...Array(20).fill(61 * MINUTE), 95 * MINUTE];
    for (const seconds of endings) {
      const { id } = await addAccount(app, userId);
      await storeTokens(app, id, {
        tokenVersion: 1,
        accessCt: "access",
        refreshCt: "refresh",
        fingerprint: sha256(id),
        expiresAt: new Date(Date.now() + seconds * 1_000),
      });
    }
    try {
      assert.deepEqual(await enqueueDueRefreshes({ db }), { jobs: endings.length - 1 });
      await enqueueDueRefreshes({ db });
      const jobs = await admin<{ left: number; waits: number }[]>`
        select extract(epoch from t.expires_at - now())::float8 as left,
               extract(epoch from j.run_at - now())::float8 as waits
        from raphael_private.sync_jobs j
        join raphael_private.account_tokens t on t.account_id = j.account_id
        where j.kind = 'token.refresh'`;
      assert.equal(
        jobs.length,
        endings.length - 1,
        "one for each account, however often it is asked",
      );
      for (const { left, waits } of jobs) {
        assert.ok(waits <= Math.max(1, left - 590), `waits ${waits} s of ${left} s`);
        assert.ok(waits <= 20 * MINUTE);
      }
      const waits = jobs.filter(({ left }) => left > 60 * MINUTE).map((job) => job.waits);
      assert.ok(Math.max(...waits) - Math.min(...waits) > MINUTE, "no herd");
    } finally {
      await db.close();
    }
  });
});
