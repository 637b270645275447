import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { giveConsent } from "../../dev/journey/consent.ts";
import { startStack, withStateDir } from "./support/stack_process.ts";

Deno.test("an unmodified supabase-js client links Oura and reads its heart rates", async () => {
  await withStateDir(async (options) => {
    const { process, ready, output } = startStack(["--json", ...options]);
    try {
      const { url, anonKey, demo, sandboxUrl } = await ready;
      const supabase = createClient(url, anonKey, {
        auth: { autoRefreshToken: false, persistSession: false },
      });
      assert.equal((await supabase.auth.signInWithPassword({ ...demo })).error, null);
      const begun = await supabase.functions.invoke("connect", { body: { provider: "oura" } });
      const { authUrl } = begun.data.data;
      const ticket = await giveConsent({
        authUrl,
        who: "demo",
        stackUrl: url,
        sandbox: { url: sandboxUrl },
      });
      const linked = await supabase.functions.invoke("connect/complete", { body: { ticket } });
      assert.equal(linked.error, null);

      const heartRates = () =>
        supabase.functions.invoke("metrics?types=HEART_RATE&limit=5", { method: "GET" });
      let { data } = await heartRates();
      for (let tries = 0; tries < 100 && data.data.length < 5; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        ({ data } = await heartRates());
      }
      assert.equal(data.data.length, 5);
      for (const row of data.data) {
        assert.deepEqual([row.metric, row.unit, row.source], ["heart_rate", "bpm", "oura"]);
        assert.ok(row.value > 20 && row.value < 250);
      }
      assert.ok(data.meta.nextCursor);

      const path = `${url}/functions/v1/metrics?types=HEART_RATE`;
      const bearers = [undefined, anonKey, `${anonKey}x`];
      for (const bearer of bearers) {
        const response = await fetch(path, {
          headers: { apikey: anonKey, ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) },
        });
        assert.equal(response.status, 401);
        assert.equal((await response.json()).code, "INVALID_TOKEN");
      }
    } finally {
      process.kill("SIGTERM");
      await process.status;
      await output.catch(() => {});
    }
  });
});
