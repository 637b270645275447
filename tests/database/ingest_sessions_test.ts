import assert from "node:assert/strict";
import { withDatabase } from "../support/database.ts";
import { addAccount, addPerson, plain } from "../support/people.ts";
import { batchOf, sessionOf, store } from "../support/batches.ts";

const AT = "2026-02-01T00:00:00Z";
const day = (n: number) => `2026-03-${String(n).padStart(2, "0")}T00:00:00Z`;

Deno.test("ingest_records() stores sessions with their record, and takes them away with it", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    const batch = batchOf([{ id: "r" }]);
    const session = sessionOf({
      offset_minutes: 60,
      local_date: "2026-02-01",
      is_nap: false,
      measures: { asleepSeconds: 25_200 },
    });
    const night = { ...batch, sessions: [session] };
    await store(app, account, night, { resource: "sleep" });
    await store(app, account, night, { resource: "sleep", observedAt: day(9) });
    const rows = await admin`select session_id, measures from raphael.sessions`;
    assert.deepEqual(plain(rows), [{ session_id: "night", measures: { asleepSeconds: 25_200 } }]);
    const gone = batchOf([{ id: "r", deleted: true }]);
    await store(app, account, gone, { resource: "sleep", observedAt: day(10) });
    assert.equal((await admin`select from raphael.sessions`).length, 0);
  });
});

Deno.test("ingest_records() says once where values come from, and keeps what is not believed", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    for (const n of [1, 2]) {
      await store(
        app,
        account,
        batchOf([{ id: `r${n}`, values: [{ at: AT, value: 60 }] }], { device: "ring" }),
      );
    }
    const doubtful = batchOf([{ id: "q", quarantine: ["heart_rate 900 bpm"] }]);
    await store(app, account, doubtful);
    const devices = (await admin`select device from raphael.sources`).map((row) => row["device"]);
    assert.deepEqual(devices.sort(), ["", "ring"]);
    const [row] = await admin`
      select payload, quarantine from raphael_private.raw_records where external_id = 'q'`;
    assert.deepEqual({ ...row }, { payload: { values: [] }, quarantine: ["heart_rate 900 bpm"] });
  });
});
