import assert from "node:assert/strict";
import { dirname } from "node:path";
import postgres from "postgres";
import { eachLine } from "../../dev/guard.ts";
import { portTaken } from "../../dev/ports.ts";
import { type Postgres, removeCluster, startPostgres } from "../../dev/postgres.ts";

const STATE = ".local";

async function withPostgres(use: (server: Postgres) => Promise<void>): Promise<void> {
  const cluster = `e2e-${crypto.randomUUID()}`;
  const server = await startPostgres({ stateDir: STATE, cluster, port: 0, log: () => {} });
  try {
    await use(server);
  } finally {
    await server.stop();
    await Deno.remove(dirname(server.dataDir), { recursive: true });
  }
}

const portOf = (url: string) => Number(new URL(url).port);

async function query(url: string, text: string): Promise<readonly postgres.Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(what);
}

Deno.test("startPostgres() asks for the password, also on this machine", async () => {
  await withPostgres(async ({ url }) => {
    const [row] = await query(url, "select current_setting('server_version_num')::int as version");
    assert.equal(Math.floor(row?.["version"] / 10_000), 17);
    const other = new URL(url);
    other.password = "wrong";
    await assert.rejects(query(other.href, "select 1"), /password authentication failed/);
  });
});

Deno.test("restart() immediate keeps committed rows, and the address", async () => {
  await withPostgres(async (server) => {
    await query(server.url, "create table kept as select 1 as x");
    await server.restart({ mode: "immediate" });
    assert.deepEqual([...await query(server.url, "select x from kept")], [{ x: 1 }]);
    await server.restart({ mode: "fast" });
    assert.equal((await query(server.url, "select x from kept")).length, 1);
  });
});

Deno.test("startPostgres() ends with a process that was killed, and starts again at once", async () => {
  const cluster = `e2e-${crypto.randomUUID()}`;
  const holder = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--allow-all", "tests/e2e/support/hold_postgres.ts", STATE, cluster],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const { promise: address, resolve } = Promise.withResolvers<string>();
  const output = eachLine(holder.stdout, resolve);
  try {
    const url = await address;
    await query(url, "create table kept as select 1 as x");
    holder.kill("SIGKILL");
    await holder.status;
    // At once: the old Postgres may still be there, or be a zombie.
    const server = await startPostgres({
      stateDir: STATE,
      cluster,
      port: portOf(url),
      log: () => {},
    });
    assert.equal((await query(server.url, "select x from kept")).length, 1);
    await server.stop();
    await until(() => !portTaken(portOf(url)), "Postgres still listens");
  } finally {
    await output;
    await removeCluster(STATE, cluster);
  }
});

Deno.test("startPostgres() says in one line that its port is taken, and that it runs already", async () => {
  await withPostgres(async ({ url, dataDir }) => {
    const start = (cluster: string, port: number) =>
      startPostgres({ stateDir: STATE, cluster, port, log: () => {} });
    const cluster = `e2e-${crypto.randomUUID()}`;
    await assert.rejects(
      start(cluster, portOf(url)),
      /^StackFailure: Cannot start Postgres: port \d+ is taken/,
    );
    await removeCluster(STATE, cluster);
    const running = dirname(dataDir).split("/").at(-1) ?? "";
    await Promise.all([
      assert.rejects(start(running, 0), /another stack seems to run/),
      assert.rejects(removeCluster(STATE, running), /another stack seems to run/),
    ]);
    assert.equal((await query(url, "select 1")).length, 1);
  });
});

Deno.test("startPostgres() tells why Postgres would not start, and where its log is", async () => {
  await withPostgres(async (server) => {
    const cluster = dirname(server.dataDir).split("/").at(-1) ?? "";
    await server.stop();
    const settings = { shared_buffers: "no such size" };
    await assert.rejects(
      startPostgres({ stateDir: STATE, cluster, port: 0, settings, log: () => {} }),
      /^StackFailure: Cannot start Postgres: .*FATAL.*shared_buffers.*log: [^\n]+$/,
    );
  });
});
