import assert from "node:assert/strict";
import { startFunctions } from "../../dev/functions.ts";

const SOURCE = { slug: "echo", entrypoint: "tests/e2e/support/echo.ts" };

/** Runs the echo function beside a stranger's port, and collects what it logs. */
async function withEcho(
  slug: string,
  use: (
    p: { base: string; sandboxPort: number; strangerPort: number; lines: string[] },
  ) => Promise<void>,
): Promise<void> {
  const lines: string[] = [];
  const listen = () => Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [database, sandbox, stranger] = [listen(), listen(), listen()];
  const functions = await startFunctions({
    sources: [{ ...SOURCE, slug }],
    env: { ONLY_THIS: "1" },
    database: `127.0.0.1:${database.addr.port}`,
    sandbox: `127.0.0.1:${sandbox.addr.port}`,
    onLine: (_, line) => lines.push(line),
  });
  try {
    await use({
      base: functions.url(slug) ?? "",
      sandboxPort: sandbox.addr.port,
      strangerPort: stranger.addr.port,
      lines,
    });
  } finally {
    await functions.stop();
    for (const listener of [database, sandbox, stranger]) listener.close();
  }
}

const ask = async (url: string) => await (await fetch(url)).json();

Deno.test("startFunctions() gives a function its own environment, and no file or program", async () => {
  await withEcho("metrics", async ({ base }) => {
    const { env, read, write, run } = await ask(base);
    assert.ok(env.includes("ONLY_THIS"));
    assert.ok(Deno.env.has("TEST_DATABASE_URL") && !env.includes("TEST_DATABASE_URL"), env.join());
    assert.deepEqual({ read, write, run }, {
      read: "NotCapable",
      write: "NotCapable",
      run: "NotCapable",
    });
  });
});

Deno.test("startFunctions() lets only those that need it reach the providers", async () => {
  await withEcho("metrics", async ({ base, sandboxPort }) => {
    assert.equal((await ask(`${base}?connect=${sandboxPort}`)).connect, "NotCapable");
  });
  await withEcho("connect", async ({ base, sandboxPort, strangerPort }) => {
    assert.equal((await ask(`${base}?connect=${sandboxPort}`)).connect, "allowed");
    assert.equal((await ask(`${base}?connect=${strangerPort}`)).connect, "NotCapable");
  });
});

Deno.test("startFunctions() starts a function again that died, on the same port", async () => {
  await withEcho("metrics", async ({ base, lines }) => {
    const { started } = await ask(base);
    await (await fetch(`${base}/die`)).body?.cancel();
    let after = started;
    for (let tries = 0; after === started && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      after = await ask(base).then((answer) => answer.started, () => started);
    }
    assert.notEqual(after, started);
    assert.ok(lines.some((line) => line.includes("asked to die")));
    assert.ok(lines.some((line) => line.includes("starting again")));
  });
});

Deno.test("stop() does not wait for a function that has something to wait for", async () => {
  let asked = 0;
  await withEcho("metrics", async ({ base }) => {
    await (await fetch(`${base}/hold`)).body?.cancel();
    asked = performance.now();
  });
  assert.ok(performance.now() - asked < 3_000);
});

Deno.test("startFunctions() says in one line why a function cannot start", async () => {
  const start = startFunctions({
    sources: [{ slug: "gone", entrypoint: "tests/e2e/support/no_such_file.ts" }],
    env: {},
    database: "127.0.0.1:1",
    sandbox: "127.0.0.1:1",
    onLine: () => {},
  });
  await assert.rejects(start, /^StackFailure: Cannot start function gone: [^\n]+$/);
});
