import assert from "node:assert/strict";
import { ProblemError } from "@shared/core/problems.ts";
import { readPreferences, setPreferences } from "@shared/metrics/preferences.ts";
import { addAccount, addPerson, atOnce, plain } from "../support/people.ts";
import { as, withReaders } from "../support/readers.ts";

const NOTHING = { timeZone: null, sources: { all: [], categories: {}, metrics: {} } };
const ORDER = {
  all: [{ provider: "oura" }, { provider: "terra", via: "garmin" }],
  categories: { sleep: [{ provider: "garmin", device: "Fenix 7" }] },
  metrics: { steps: [{ provider: "apple_health" }] },
};

Deno.test("preferences are kept as they were set, each part by itself", async () => {
  await withReaders(async ({ admin, db }) => {
    const [alice, bob] = [as(await addPerson(admin)), as(await addPerson(admin))];
    assert.deepEqual(await readPreferences(db, alice), NOTHING);
    const zoned = await setPreferences(db, { ...alice, timeZone: "Asia/Kathmandu" });
    assert.deepEqual(zoned, { ...NOTHING, timeZone: "Asia/Kathmandu" });
    const ordered = await setPreferences(db, { ...alice, sources: ORDER });
    assert.deepEqual(ordered, { timeZone: "Asia/Kathmandu", sources: ORDER });
    assert.deepEqual(await readPreferences(db, alice), ordered);
    const replaced = { ...ORDER, all: [], categories: {} };
    assert.deepEqual((await setPreferences(db, { ...alice, sources: replaced })).sources, replaced);
    assert.deepEqual(await readPreferences(db, bob), NOTHING);
    assert.deepEqual(
      await setPreferences(db, { ...alice, timeZone: null, sources: null }),
      NOTHING,
    );
  });
});

Deno.test("setPreferences() queues the dating anew where the zone changed, and there alone", async () => {
  await withReaders(async ({ admin, db }) => {
    const alice = as(await addPerson(admin));
    const queued = async () =>
      plain(
        await admin`
        select kind, payload ->> 'userId' as person from raphael_private.sync_jobs order by id`,
      );
    await setPreferences(db, { ...alice, sources: ORDER });
    assert.deepEqual(await queued(), []);
    await setPreferences(db, { ...alice, timeZone: "Europe/Berlin" });
    const once = [{ kind: "metrics.redate", person: alice.claims.sub }];
    assert.deepEqual(await queued(), once);
    await admin`delete from raphael_private.sync_jobs`;
    await setPreferences(db, { ...alice, timeZone: "Europe/Berlin" });
    assert.deepEqual(await queued(), []);
  });
});

Deno.test("setPreferences() changes nothing where the database knows no such zone", async () => {
  await withReaders(async ({ admin, db }) => {
    const alice = as(await addPerson(admin));
    await setPreferences(db, { ...alice, timeZone: "Europe/Berlin" });
    const wrong = setPreferences(db, { ...alice, timeZone: "Mars/Olympus", sources: ORDER });
    await assert.rejects(
      wrong,
      (error) => error instanceof ProblemError && error.problem === "invalid_request",
    );
    assert.deepEqual(await readPreferences(db, alice), { ...NOTHING, timeZone: "Europe/Berlin" });
  });
});

Deno.test("two that set an order at once leave one of the two, whole", async () => {
  await withReaders(async ({ admin, db }) => {
    const alice = as(await addPerson(admin));
    const other = { all: [{ provider: "whoop" }], categories: {}, metrics: {} };
    const { errors } = await atOnce(
      8,
      (n) => setPreferences(db, { ...alice, sources: n % 2 ? ORDER : other }),
    );
    assert.deepEqual(errors, []);
    const { sources } = await readPreferences(db, alice);
    assert.deepEqual(sources, sources.all[0]?.provider === "whoop" ? other : ORDER);
  });
});

Deno.test("an order goes with its person, and nobody reads another's", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const [alice, bob] = [await addPerson(admin), await addPerson(admin)];
    await addAccount(app, bob);
    await setPreferences(db, { ...as(alice), sources: ORDER });
    const seen = await admin.begin(async (tx) => {
      await tx`select set_config('role', 'authenticated', true),
                      set_config('request.jwt.claims', ${JSON.stringify({ sub: bob })}, true)`;
      return await tx`select from raphael.source_order`;
    });
    assert.equal(seen.length, 0);
    await admin`delete from auth.users where id = ${alice}`;
    assert.equal((await admin`select from raphael.source_order`).length, 0);
  });
});
