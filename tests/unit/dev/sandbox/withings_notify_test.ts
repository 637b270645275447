import assert from "node:assert/strict";
import { serve } from "../../../../dev/serve.ts";
import {
  ask,
  CLIENT,
  codeOf,
  exchange,
  listOf,
  nonceOf,
  openWithings,
  signature,
  tokenOf,
} from "./withings_support.ts";

Deno.test("withings subscribes by token alone, and revokes by a signed nonce that is for one call", async () => {
  const heads: string[] = [];
  const news: string[] = [];
  const receiver = serve(
    async (request) => {
      if (request.method === "HEAD") heads.push(new URL(request.url).pathname);
      else news.push(await request.text());
      return new Response(null);
    },
  );
  const callbackurl = `${receiver.url}/webhooks/withings/secret`;
  const sandbox = await openWithings();
  const tokens = (await exchange(sandbox, await codeOf(sandbox))).body;
  const token = String(tokens["access_token"]);
  const nonce = await nonceOf(sandbox);
  const signedFor = (action: string) => ({
    client_id: CLIENT.id,
    nonce,
    signature: signature(action, CLIENT.id, nonce),
  });
  const subscribe = (more: Record<string, string> = {}) =>
    ask(sandbox, "/notify", { action: "subscribe", callbackurl, appli: "44", ...more }, token);
  assert.equal((await subscribe(signedFor("subscribe"))).status, 503, "a token is not signed");
  assert.equal((await subscribe()).status, 0);
  assert.deepEqual(heads, ["/webhooks/withings/secret"]);
  const listed = await ask(sandbox, "/notify", { action: "list" }, token);
  assert.deepEqual(listOf(listed, "profiles"), [{ appli: 44, callbackurl, comment: "" }]);

  sandbox.control.publish({ person: "demo", provider: "withings", resource: "sleep_summary" });
  sandbox.control.publish({ person: "demo", provider: "withings", resource: "measures" });
  await sandbox.control.settled();
  assert.equal(news.length, 1, "nobody subscribed to weights");
  const form = new URLSearchParams(news[0]);
  assert.equal(form.get("userid"), String(tokens["userid"]));
  assert.equal(form.get("appli"), "44");
  assert.ok(Number(form.get("startdate")) < Number(form.get("enddate")));

  const revoke = (userid: unknown, proof: Record<string, string>) =>
    ask(sandbox, "/v2/oauth2", { action: "revoke", userid: String(userid), ...proof });
  assert.equal((await revoke(0, signedFor("revoke"))).status, 503, "nobody");
  const used = await revoke(tokens["userid"], signedFor("revoke"));
  assert.equal(used.status, 503, "the nonce is used up");
  const fresh = await nonceOf(sandbox);
  const revoked = await revoke(tokens["userid"], {
    client_id: CLIENT.id,
    nonce: fresh,
    signature: signature("revoke", CLIENT.id, fresh),
  });
  assert.equal(revoked.status, 0);
  assert.equal((await ask(sandbox, "/notify", { action: "list" }, token)).status, 401);
  await sandbox.stop();
  await receiver.stop();
});

Deno.test("withings takes a subscription away after four failed deliveries in a row", async () => {
  let deliveries = 0;
  const receiver = serve(
    async (request) => {
      await request.text();
      const isGood = request.method === "HEAD" || [4, 9].includes(++deliveries);
      return new Response(null, { status: isGood ? 200 : 500 });
    },
  );
  const sandbox = await openWithings();
  const token = await tokenOf(sandbox);
  const callbackurl = `${receiver.url}/webhooks/withings/secret`;
  await ask(sandbox, "/notify", { action: "subscribe", callbackurl, appli: "1" }, token);
  await ask(sandbox, "/notify", { action: "subscribe", callbackurl, appli: "44" }, token);
  const subscribed = async () =>
    listOf(await ask(sandbox, "/notify", { action: "list" }, token), "profiles")
      .map(({ appli }) => appli);
  const tell = async () => {
    sandbox.control.publish({ person: "demo", provider: "withings", resource: "measures" });
    await sandbox.control.settled();
    return await subscribed();
  };
  assert.deepEqual(await tell(), [1, 44], "three failures, then it went well");
  assert.deepEqual(await tell(), [44], "four failures, whatever comes then");
  await sandbox.stop();
  await receiver.stop();
});
