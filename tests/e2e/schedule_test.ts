import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { serve } from "../../dev/serve.ts";
import { setVaultSecrets } from "../../dev/platform.ts";
import { startRelay } from "../../dev/relay.ts";
import { startTicker } from "../../dev/ticker.ts";
import { withDatabase } from "../support/database.ts";

async function withAdmin(
  use: (database: Database, url: string) => Promise<void>,
): Promise<void> {
  await withDatabase(async ({ url }) => {
    const database = connect({ url: new Secret(url), max: 3, prepare: false });
    try {
      await use(database, url);
    } finally {
      await database.close();
    }
  });
}

/** Asks every 50 ms until there is an answer. */
async function eventually<T>(ask: () => Promise<T | undefined>, tenths = 50): Promise<T> {
  for (let tries = 0; tries < 2 * tenths; tries++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not happen within ${tenths / 10} s`);
}

Deno.test("startTicker() runs a due job in a transaction, as the user who scheduled it", async () => {
  await withAdmin(async (database) => {
    await database.transaction(async (sql) => {
      await sql.unsafe(`
        update cron.job set active = false;
        create table seen (who text);
        grant insert on seen to authenticated;
        select cron.schedule('good', '1 seconds', 'insert into seen select current_user');
        update cron.job set username = 'authenticated' where jobname = 'good';
        select cron.schedule('bad', '1 seconds', 'insert into seen values (null); select 1 / 0');
      `).simple();
    });
    const ticker = startTicker(database, () => {});
    try {
      const results = await eventually(async () => {
        const rows = await database.query((sql) =>
          sql`
            select distinct j.jobname, d.status from cron.job_run_details d
            join cron.job j using (jobid) order by j.jobname`
        );
        return rows.length === 2 ? rows.map((row) => [row["jobname"], row["status"]]) : undefined;
      });
      assert.deepEqual(results, [["bad", "failed"], ["good", "succeeded"]]);
    } finally {
      await ticker.stop();
    }
    const seen = await database.query((sql) => sql`select distinct who from seen`);
    assert.deepEqual(seen.map((row) => row["who"]), ["authenticated"]);
  });
});

Deno.test("startRelay() sends what was committed, once, and records the answer", async () => {
  const received: { body: string; secret: string | null }[] = [];
  const server = serve(async (request) => {
    received.push({ body: await request.text(), secret: request.headers.get("x-secret") });
    return new Response("seen", { status: 202 });
  });
  const target = `${server.url}/`;
  try {
    await withAdmin(async (database, url) => {
      const post = (body: string) =>
        database.transaction((sql) =>
          sql`
            select net.http_post(url := ${target}, body := ${sql.json({ body })},
              headers := '{"x-secret": "s"}')`
        );
      await post("queued before the relay"); // and so without anybody to notify
      const relay = await startRelay(url, database);
      try {
        // Sooner than the slow poll would.
        await eventually(() => Promise.resolve(received[0]), 15);
        await post("while it runs");
        await database.transaction(async (sql) => {
          await sql`select net.http_post(url := ${target}, body := '{"body": "rolled back"}')`;
          throw new Error("roll back");
        }).catch(() => {});
        const answers = await eventually(async () => {
          const rows = await database.query((sql) =>
            sql`select status_code, content from net._http_response order by id`
          );
          return rows.length >= 2 ? rows : undefined;
        });
        assert.deepEqual(answers.map((row) => [row["status_code"], row["content"]]), [
          [202, "seen"],
          [202, "seen"],
        ]);
      } finally {
        await relay.stop();
      }
    });
  } finally {
    await server.stop();
  }
  assert.deepEqual(received, [
    { body: '{"body": "queued before the relay"}', secret: "s" },
    { body: '{"body": "while it runs"}', secret: "s" },
  ]);
});

Deno.test("startRelay() records a failure and does not try again", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    await withAdmin(async (database, url) => {
      const relay = await startRelay(url, database);
      const target = `http://127.0.0.1:${silent.addr.port}/`;
      await database.query((sql) =>
        sql`select net.http_post(url := ${target}, timeout_milliseconds := 100)`
      );
      const [answer] = await eventually(async () => {
        const rows = await database.query((sql) => sql`select timed_out from net._http_response`);
        return rows.length > 0 ? rows : undefined;
      });
      assert.equal(answer?.["timed_out"], true);
      await relay.stop();
      const left = await database.query((sql) => sql`select 1 from net.http_request_queue`);
      assert.equal(left.length, 0);
    });
  } finally {
    silent.close();
  }
});

Deno.test("setVaultSecrets() makes a secret once and replaces it afterwards", async () => {
  await withAdmin(async (database) => {
    await setVaultSecrets(database, { project_url: "a" });
    await setVaultSecrets(database, { project_url: "b" });
    const rows = await database.query((sql) =>
      sql`select decrypted_secret from vault.decrypted_secrets where name = 'project_url'`
    );
    assert.deepEqual(rows.map((row) => row["decrypted_secret"]), ["b"]);
  });
});
