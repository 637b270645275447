import assert from "node:assert/strict";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { json, open, post, request } from "./support.ts";

const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/ultrahuman";
const CLIENT = { id: "ultrahuman-client", secret: "test-key-ultrahuman" };
const BODY = { client_id: CLIENT.id, client_secret: CLIENT.secret };
const API = "/ultrahuman/api/partners";

function openUltrahuman(): Promise<Sandbox> {
  return open({ clients: { ultrahuman: CLIENT } });
}

async function linked(sandbox: Sandbox, scopes?: readonly string[]): Promise<string> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT.id,
    redirect_uri: CALLBACK,
    state: "s1",
    scope: "profile ring_data cgm_data",
  });
  const page = new URL(`${sandbox.url}/ultrahuman/authorise?${query}`);
  const back = await answerConsent(page, { person: "demo", ...(scopes ? { scopes } : {}) });
  const tokens = await json(
    await post(`${sandbox.url}${API}/oauth/token`, {
      ...BODY,
      grant_type: "authorization_code",
      code: back.searchParams.get("code") ?? "",
      redirect_uri: CALLBACK,
    }),
  );
  return String(tokens["access_token"]);
}

function get(sandbox: Sandbox, path: string, token: string): Promise<Response> {
  return request(`${sandbox.url}${API}/v1/user_data/${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
}

Deno.test("ultrahuman shows a day by its date, of what the scopes allow, and says nothing otherwise", async () => {
  const sandbox = await openUltrahuman();
  try {
    const types = async (token: string) =>
      await (await get(sandbox, "metrics?date=2026-11-19", token)).text();
    const all = await types(await linked(sandbox));
    assert.match(all, /"type":"Sleep"/);
    assert.match(all, /"type":"glucose"/);
    const ring = await types(await linked(sandbox, ["profile", "ring_data"]));
    assert.match(ring, /"type":"hr"/);
    assert.doesNotMatch(ring, /"type":"glucose"/);
    const none = await get(sandbox, "metrics?date=2026-11-19", await linked(sandbox, ["profile"]));
    assert.deepEqual([none.status, await none.text()], [403, ""]);
  } finally {
    await sandbox.stop();
  }
});

Deno.test("ultrahuman names the person and their zone, and forgets a grant by either token", async () => {
  const sandbox = await openUltrahuman();
  try {
    const token = await linked(sandbox);
    const info = await json(await get(sandbox, "user_info", token));
    assert.equal(info["timezone"], "Europe/Helsinki");
    assert.equal(typeof info["user_id"], "number");
    const revoke = (form: Record<string, string>) =>
      post(`${sandbox.url}${API}/oauth/revoke`, { token, ...form });
    assert.equal((await revoke({})).status, 401);
    assert.equal((await get(sandbox, "user_info", token)).status, 200);
    assert.equal((await revoke(BODY)).status, 200);
    assert.equal((await get(sandbox, "user_info", token)).status, 401);
  } finally {
    await sandbox.stop();
  }
});
