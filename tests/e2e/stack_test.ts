import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { assertSilent, type Ready, startStack, withStateDir } from "./support/stack_process.ts";

const client = ({ url, anonKey }: Ready) =>
  createClient(url, anonKey, { auth: { autoRefreshToken: false, persistSession: false } });

/** Status of an answer that supabase-js calls an error. */
function statusOf(error: unknown): number | undefined {
  const context = error instanceof Error && "context" in error ? error.context : undefined;
  return context instanceof Response ? context.status : undefined;
}

Deno.test("start --json serves an unmodified supabase-js client, and ends on SIGTERM", async () => {
  await withStateDir(async (options) => {
    const { process, ready, output } = startStack(["--json", ...options]);
    const stack = await ready;
    try {
      const supabase = client(stack);
      const anonymous = await supabase.functions.invoke("connect", { body: { provider: "oura" } });
      assert.equal(statusOf(anonymous.error), 401);
      await anonymous.response?.body?.cancel();
      const bare = await fetch(`${stack.url}/functions/v1/connect/sources`);
      assert.equal(bare.status, 401);
      await bare.body?.cancel();

      const { error } = await supabase.auth.signInWithPassword({ ...stack.demo });
      assert.equal(error, null);
      const begun = await supabase.functions.invoke("connect", { body: { provider: "oura" } });
      assert.equal(begun.error, null);
      assert.ok(
        begun.data.data.authUrl.startsWith(`${stack.sandboxUrl}/`),
        begun.data.data.authUrl,
      );
      const rows = await supabase.functions.invoke("metrics?types=HEART_RATE&limit=5", {
        method: "GET",
      });
      assert.deepEqual(rows.data.data, []);
      const unknown = await supabase.functions.invoke("nope", { body: {} });
      assert.equal(statusOf(unknown.error), 404);
      await unknown.response?.body?.cancel();
    } finally {
      process.kill("SIGTERM");
    }
    assert.equal((await process.status).code, 143);
    const { stdout } = await output;
    assert.equal(stdout.split("\n").length, 1, "standard output is one line of JSON");
    await assertSilent(stack);
  });
});

Deno.test("start leaves nothing running when it is killed, and starts again with its data", async () => {
  await withStateDir(async (options) => {
    const first = startStack(["--json", ...options]);
    const stack = await first.ready;
    first.process.kill("SIGKILL");
    await first.process.status;
    const second = startStack(["--json", ...options]);
    await assertSilent(stack);
    try {
      // The same password means the same keys; that it is accepted, the same users.
      const again = await second.ready;
      assert.deepEqual(again.demo, stack.demo);
      const { error } = await client(again).auth.signInWithPassword({ ...again.demo });
      assert.equal(error, null);
    } finally {
      second.process.kill("SIGINT");
      await second.process.status;
    }
    await Promise.all([first.output, second.output]);
  });
});

Deno.test("start says in one line what is wrong, and exits with 1", async () => {
  const busy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(busy.addr.port);
  try {
    await withStateDir(async (options) => {
      const cases: readonly (readonly [RegExp, readonly string[]])[] = [
        [/^Cannot start the gateway: port \d+ is taken; --port chooses another$/, ["--port", port]],
        [/^Cannot start the sandbox: port \d+ is taken/, ["--sandbox-port", port]],
        [/^Cannot read the options/, ["--colour"]],
      ];
      for (const [message, args] of cases) {
        const { process, output } = startStack(["--json", ...options, ...args]);
        assert.equal((await process.status).code, 1);
        const { stderr, stdout } = await output;
        assert.equal(stdout, "");
        assert.match(stderr.split("\n").at(-1) ?? "", message);
      }
      const gone = { DATABASE_URL: `postgres://postgres:x@127.0.0.1:${port}/postgres` };
      busy.close();
      const { process, output } = startStack(["--json", ...options], gone);
      assert.equal((await process.status).code, 1);
      assert.match((await output).stderr.split("\n").at(-1) ?? "", /^Cannot reach Postgres/);
    });
  } finally {
    try {
      busy.close();
    } catch {
      // closed above
    }
  }
});
