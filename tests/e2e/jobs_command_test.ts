import assert from "node:assert/strict";
import { bury } from "@shared/db/jobs.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { claimed, jobRows } from "../support/queue.ts";

/** `deno task jobs` as an operator types it. */
async function jobs(url: string | undefined, ...args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--no-check", "--quiet", "-A", "tools/jobs.ts", ...args],
    env: { DATABASE_URL: url ?? "", NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

async function die({ app }: TestDatabase, name: string, errorClass: string) {
  await bury(
    app,
    await claimed(app, name),
    errorClass,
    "Cannot read answer: data.0.day is missing",
  );
}

Deno.test("deno task jobs lists dead jobs, sends some round again, forgets others, and then is content", async () => {
  await withDatabase(async (database) => {
    const { url, admin } = database;
    await die(database, "oura", "contract");
    await die(database, "dexcom", "contract");
    await die(database, "dexcom", "rejected");

    const sick = await jobs(url);
    assert.equal(sick.code, 1);
    assert.match(sick.out, /^ALERT +dead_jobs +webhook\.subscribe contract +2 +0$/m);

    const listed = await jobs(url, "list", "--provider", "dexcom", "--json");
    const rows = listed.out.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(rows.map((row) => [row.kind, row.class, row.provider, row.payload]), [
      ["webhook.subscribe", "rejected", "dexcom", { provider: "dexcom" }],
      ["webhook.subscribe", "contract", "dexcom", { provider: "dexcom" }],
    ]);
    assert.match((await jobs(url, "list")).out, /Cannot read answer: data\.0\.day is missing/);

    const sent = await jobs(url, "redrive", "--class", "contract", "--provider", "dexcom");
    assert.equal(sent.out, "1 sent round again, 0 of them met a job that waits or runs\n");
    const same = await jobs(url, "redrive", rows[0].id, rows[1].id);
    assert.equal(same.out, "1 sent round again, 1 of them met a job that waits or runs\n");
    assert.deepEqual((await jobRows(admin)).map(({ name }) => name), ["dexcom"]);

    assert.equal((await jobs(url, "discard", "--provider", "oura")).out, "1 discarded\n");
    assert.equal((await jobs(url, "list")).out, "none\n");
    assert.equal((await jobs(url, "health")).code, 0);
    assert.match((await jobs(url, "queues")).out, /^health-sync +5 +3 +5 +1 +0 +0$/m);
  });
});

Deno.test("deno task jobs says what it cannot do, and never redrives or discards everything", async () => {
  await withDatabase(async (database) => {
    await die(database, "oura", "contract");
    for (
      const [args, said] of [
        [["redrive"], /name an id, a kind, a class or a provider/],
        [["discard"], /name an id, a kind, a class or a provider/],
        [["discard", "all"], /Cannot choose job all: an id is a number/],
        [["revive"], /Cannot revive jobs: there are health, queues, list, redrive, discard/],
      ] as const
    ) {
      const { code, err } = await jobs(database.url, ...args);
      assert.equal(code, 2);
      assert.match(err, said);
    }
    const { code, err } = await jobs(undefined, "list");
    assert.deepEqual([code, err], [2, "Cannot reach the database: DATABASE_URL is not set\n"]);
    assert.match((await jobs(database.url, "list")).out, /contract/);
  });
});
