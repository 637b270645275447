/** ROOK from the tile's choice to its values: a delivery is a hint, whatever stands in it. */
import assert from "node:assert/strict";
import { toHex, utf8 } from "@shared/core/bytes.ts";
import { hmac } from "@shared/core/crypto.ts";
import { DAY, localDateOf } from "@shared/core/time.ts";
import { createApp as webhooks } from "../../functions/webhooks/app.ts";
import { httpRuntime } from "./http_runtime.ts";
import { type LinkedWorld, withLinks } from "./linked_service.ts";

const CLIENT = { id: "test-rook-client", secret: "test-key-rook" };
const HASH_KEY = "test-key-rook-hash-key-0000000000";

const withRook = (use: (world: LinkedWorld) => Promise<void>) =>
  withLinks({ rook: CLIENT }, {
    ROOK_CLIENT_ID: CLIENT.id,
    ROOK_CLIENT_SECRET: CLIENT.secret,
    ROOK_WEBHOOK_SECRET: HASH_KEY,
  }, use);

/** Delivers a document with a good hash; the status. */
async function deliver(
  runtime: LinkedWorld["runtime"],
  document: Readonly<Record<string, unknown>>,
  time: string,
): Promise<number> {
  const receiver = webhooks({ ...httpRuntime(), webhooks: runtime.webhooks });
  const signed = `${document["client_uuid"]}${document["user_id"]}${time}`;
  const response = await receiver.fetch(
    new Request("https://functions.test/webhooks/rook", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-rook-hash": toHex(hmac("SHA-256", HASH_KEY, utf8(signed))),
      },
      body: JSON.stringify(document),
    }),
  );
  await response.body?.cancel();
  return response.status;
}

Deno.test("connect/providers says that rook needs a service and a page, and what it gives", () =>
  withRook(async ({ call, database }) => {
    const { body: { data } } = await call("/providers");
    assert.ok(Array.isArray(data));
    const tile = data.find(({ slug }: { readonly slug: string }) => slug === "rook");
    const services = ["dexcom", "fitbit", "garmin", "oura", "polar", "whoop", "withings"];
    assert.deepEqual(tile.needs, [
      { name: "service", kind: "choice", choices: services },
      { name: "consent", kind: "page" },
    ]);
    const { kind, status, webhook, sessions, metrics } = tile;
    assert.deepEqual([kind, status, webhook], ["widget", "available", true]);
    assert.deepEqual(sessions, ["sleep", "workout"]);
    for (const metric of ["steps", "glucose", "body_weight", "blood_pressure_systolic"]) {
      assert.ok(metrics.includes(metric), metric);
    }
    for (const body of [{}, { service: "apple_health" }, { service: "Garmin" }]) {
      assert.equal((await call("/rook", body)).status, 400);
    }
    assert.equal((await database.admin`select from raphael_private.oauth_states`).length, 0);
  }));

Deno.test("a rook delivery is a hint: what it says is fetched, and what it holds is nowhere", () =>
  withRook(async ({ database: { admin }, link, runtime, sandbox }) => {
    const { back, data } = await link("rook", "garmin");
    assert.deepEqual([data.slug, data.via], ["rook", "garmin"]);
    const user = back.searchParams.get("state");
    await runtime.syncWorker.drain();
    const days = await admin`
      select s.value from raphael.samples s
      join raphael.metrics m on m.id = s.metric_id where m.code = 'steps'`;
    assert.ok(days.length >= 2, "the days before the link were read");
    const asked = () =>
      sandbox.control.requests().filter(({ path }) => /summary$/.test(path)).length;
    const before = asked();

    const date = localDateOf(new Date(Date.now() - 2 * DAY));
    const time = `${date}T00:00:00.000000Z`;
    const forged = {
      client_uuid: CLIENT.id,
      user_id: user,
      data_structure: "physical_summary",
      physical_health: {
        summary: {
          physical_summary: {
            metadata: { datetime_string: time, sources_of_data_array: ["Garmin"] },
            distance: { steps_int: 99_999 },
          },
        },
      },
    };
    assert.equal(await deliver(runtime, forged, time), 200);
    await runtime.syncWorker.drain();
    assert.equal(asked(), before + 1, "its day was asked for once");
    const after = await admin`
      select s.value from raphael.samples s
      join raphael.metrics m on m.id = s.metric_id where m.code = 'steps'`;
    assert.deepEqual(after.map(({ value }) => value).sort(), days.map(({ value }) => value).sort());

    assert.equal(await deliver(runtime, { ...forged, client_uuid: "another" }, `${time}x`), 401);
    assert.equal(await deliver(runtime, { ...forged, user_id: "nobody-we-know" }, time), 200);
    await runtime.syncWorker.drain();
    assert.equal(asked(), before + 1);
    assert.equal((await admin`select from raphael_private.dead_jobs`).length, 0);
  }));

Deno.test("a rook link that is cut is revoked at ROOK, service by service", () =>
  withRook(async ({ call, link, runtime, sandbox }) => {
    await link("rook", "oura");
    assert.equal((await call("/rook/disconnect", {})).status, 200);
    await runtime.syncWorker.drain();
    const posted = sandbox.control.requests().filter(({ path }) => path.endsWith("revoke_auth"));
    assert.deepEqual(posted.map(({ status }) => status), [200]);
  }));
