import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { enqueue } from "@shared/db/jobs.ts";
import { createListener, type Listener } from "@shared/db/listen.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { job } from "../support/queue.ts";

async function withListener(
  use: (p: TestDatabase & { readonly listener: Listener; readonly heard: number[][] }) => Promise<
    void
  >,
): Promise<void> {
  await withDatabase(async (database) => {
    const listener = createListener(new Secret(database.appUrl));
    const heard: number[][] = [];
    listener.onNews((queues) => heard.push([...queues]));
    try {
      await use({ ...database, listener, heard });
    } finally {
      await listener.close();
    }
  });
}

async function until(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}

Deno.test("a listener hears of due jobs while it attends, and only then", async () => {
  await withListener(async ({ app, listener, heard }) => {
    await enqueue(app, [job("nobody attends")]);
    assert.equal(await listener.attend(), true, "new: what came before was not told");
    assert.equal(await listener.attend(), false);
    await enqueue(app, [job("later", { delaySeconds: 60 })]);
    await enqueue(app, [
      job("a"),
      job("b"),
      { kind: "token.refresh", payload: { accountId: crypto.randomUUID() } },
    ]);
    assert.ok(await until(() => heard.length > 0));
    assert.deepEqual(heard, [[1, 2]]);
    listener.rest();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await enqueue(app, [job("c")]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(heard.length, 1);
  });
});

Deno.test("a listener whose session is terminated opens another, and its process lives", async () => {
  await withListener(async ({ app, admin, listener, heard }) => {
    for (const name of ["first", "second"]) {
      assert.ok(await until(() => listener.attend()), "it attends anew");
      await enqueue(app, [job(name)]);
      assert.ok(await until(() => heard.length > 0));
      heard.length = 0;
      const rows = await admin`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'raphael-listen' and datname = current_database()`;
      assert.equal(rows.length, 1);
    }
  });
});

Deno.test("attend() without a server is false, throws nothing and does not wait long", async () => {
  const listener = createListener(new Secret("postgres://nobody:test@127.0.0.1:1/none"));
  const start = Date.now();
  assert.equal(await listener.attend(), false);
  assert.ok(Date.now() - start < 3_000);
  await listener.close();
  // The driver's own next try, up to 30 ms later, is not taken back by its end.
  await new Promise((resolve) => setTimeout(resolve, 100));
});
