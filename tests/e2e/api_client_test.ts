/** What an app writes: the types of docs/openapi.d.ts under a small client, against the running stack. */
import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import createApiClient from "openapi-fetch";
import type { components, paths } from "../../docs/openapi.d.ts";
import { giveConsent } from "../../dev/journey/consent.ts";
import { type Ready, startStack, withStateDir } from "./support/stack_process.ts";

/** A client of the API as whoever `token` is of. */
function apiOf({ url }: Pick<Ready, "url">, token?: string) {
  return createApiClient<paths>({
    baseUrl: `${url}/functions/v1`,
    // `types=a,b`: a key that is given twice is refused.
    querySerializer: { array: { style: "form", explode: false } },
    ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}),
  });
}

async function signIn({ url, anonKey, demo }: Ready): Promise<string> {
  const supabase = createClient(url, anonKey, {
    auth: { autoRefreshToken: false, persistSession: false },
  });
  const { data, error } = await supabase.auth.signInWithPassword({ ...demo });
  assert.equal(error, null);
  return data.session?.access_token ?? "";
}

Deno.test("an app's typed client links Oura, reads its heart rates, and knows its problems", async () => {
  await withStateDir(async (options) => {
    const { process, ready, output } = startStack(["--json", ...options]);
    try {
      const stack = await ready;
      const api = apiOf(stack, await signIn(stack));

      const begun = await api.POST("/connect/{provider}", {
        params: { path: { provider: "oura" } },
        body: {},
      });
      assert.ok(begun.data && "authUrl" in begun.data.data);
      const { authUrl } = begun.data.data;
      const ticket = await giveConsent({
        authUrl,
        who: "demo",
        stackUrl: stack.url,
        sandbox: { url: stack.sandboxUrl },
      });
      const linked = await api.POST("/connect/complete", { body: { ticket } });
      assert.equal(linked.data?.data.uiStatus, "connected");

      const query = { types: ["HEART_RATE", "steps"], limit: 5 };
      const values = async () =>
        (await api.GET("/metrics", { params: { query } })).data?.data ?? [];
      let rows: readonly components["schemas"]["Metric"][] = [];
      for (let tries = 0; tries < 100 && rows.length < 5; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        rows = await values();
      }
      assert.equal(rows.length, 5);
      for (const { metric, value } of rows) {
        assert.ok(["heart_rate", "steps"].includes(metric) && value >= 0, metric);
      }

      const refused = await api.POST("/connect/complete", { body: { ticket } });
      assert.equal(refused.response.status, 410);
      assert.equal(refused.error?.type, "urn:raphael:problem:ticket_invalid");
      const stranger = await apiOf(stack).GET("/connect/sources");
      assert.equal(stranger.error?.code, "INVALID_TOKEN");

      const page = await fetch(`${stack.url}/docs`);
      assert.match(await page.text(), /swagger-ui-bundle\.js/);
      const document = await fetch(`${stack.url}/docs/openapi.json`);
      const committed = await Deno.readTextFile(
        new URL("../../docs/openapi.json", import.meta.url),
      );
      assert.deepEqual(await document.json(), JSON.parse(committed));
    } finally {
      process.kill("SIGTERM");
      await process.status;
      await output.catch(() => {});
    }
  });
});

/** Never called: that it compiles is the test, and an error that is gone does not compile. */
export async function refusedByTheCompiler(): Promise<void> {
  const api = apiOf({ url: "" });
  // @ts-expect-error -- there is no such operation
  await api.GET("/metrics/nonesuch");
  // @ts-expect-error -- `ticket` is missing
  await api.POST("/connect/complete", { body: {} });
  const params = { path: { provider: "oura" } };
  // @ts-expect-error -- an address is text
  await api.POST("/connect/{provider}", { params, body: { redirectTo: 1 } });
  const { data } = await api.GET("/connect/sources");
  // @ts-expect-error -- sources have no such status
  if (data?.data[0]?.status === "GONE") return;
}
