import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { CLIENTS, get, json, link, open, openReceiver, request } from "./support.ts";

const subscribe = (sandbox: { url: string }, callback_url: string, event_type: string) =>
  request(`${sandbox.url}/oura/v2/webhook/subscription`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-client-id": CLIENTS.oura.id,
      "x-client-secret": CLIENTS.oura.secret,
    },
    body: JSON.stringify({
      callback_url,
      verification_token: "test-key-verify",
      event_type,
      data_type: "sleep",
    }),
  });

Deno.test("oura webhooks are subscribed by handshake, signed, thin, and retried", async () => {
  await using receiver = openReceiver((n) => n === 0 ? 500 : 200);
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo" });
  const nobody = await subscribe(sandbox, "http://127.0.0.1:9/none", "create");
  assert.equal(nobody.status, 400);
  const created = await subscribe(sandbox, receiver.url, "create");
  assert.equal(created.status, 201);
  assert.equal((await json(created))["expiration_time"], "2027-02-18T15:00:00.000Z");
  assert.equal((await subscribe(sandbox, receiver.url, "create")).status, 409);

  const published = sandbox.control.publish({
    person: "demo",
    provider: "oura",
    resource: "sleep",
  });
  await sandbox.control.settled();
  assert.equal(receiver.received.length, 2, "one delivery failed and came again");
  const [first, second] = receiver.received;
  assert.equal(first?.text, second?.text);
  const info = await json(
    await get(sandbox, "/oura/v2/usercollection/personal_info", access_token),
  );
  assert.deepEqual(second?.body, {
    event_type: "create",
    data_type: "sleep",
    object_id: published.recordId,
    event_time: "2026-11-20T15:00:00.000+00:00",
    user_id: info["id"],
  });
  const timestamp = second?.headers.get("x-oura-timestamp") ?? "";
  const mac = createHmac("sha256", CLIENTS.oura.secret).update(timestamp + second?.text)
    .digest("hex").toUpperCase();
  assert.equal(second?.headers.get("x-oura-signature"), mac);

  const path = `/oura/v2/usercollection/sleep/${published.recordId}`;
  assert.equal((await get(sandbox, path, access_token)).status, 200);
  assert.ok(sandbox.ledger.facts("demo").some((fact) => fact.recordId === published.recordId));
  sandbox.control.publish({ ...published, action: "delete" });
  assert.equal((await get(sandbox, path, access_token)).status, 404);
  assert.ok(!sandbox.ledger.facts("demo").some((fact) => fact.recordId === published.recordId));
  await sandbox.stop();
});

Deno.test("oura webhooks end with 410 and with their time", async () => {
  await using receiver = openReceiver(() => 410);
  const sandbox = await open();
  await subscribe(sandbox, receiver.url, "create");
  const publish = async () => {
    sandbox.control.publish({ person: "demo", provider: "oura", resource: "sleep" });
    await sandbox.control.settled();
    return receiver.received.length;
  };
  assert.equal(await publish(), 1);
  assert.equal(await publish(), 1, "gone");
  await subscribe(sandbox, receiver.url, "create");
  sandbox.control.advance(91 * 86_400);
  assert.equal(await publish(), 1, "expired");
  await sandbox.stop();
});

Deno.test("oura webhooks announce what time brings", async () => {
  await using receiver = openReceiver();
  const sandbox = await open();
  await link(sandbox, { person: "demo" });
  await subscribe(sandbox, receiver.url, "create");
  sandbox.control.announce();
  await sandbox.control.settled();
  assert.equal(receiver.received.length, 0);
  sandbox.control.advance(20 * 3_600);
  sandbox.control.announce();
  await sandbox.control.settled();
  assert.ok(receiver.received.some((one) => one.body["data_type"] === "sleep"));
  await sandbox.stop();
});
