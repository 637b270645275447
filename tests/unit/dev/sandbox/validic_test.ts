import assert from "node:assert/strict";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { json, open, request } from "./support.ts";

const CLIENT = { id: "597752338a5da500014a1f9a", secret: "test-key-validic" };
const BACK = "http://127.0.0.1:9/functions/v1/oauth-callback/validic?state=u1";
const DAYS = "start_date=2026-11-10&end_date=2026-11-20";

async function withValidic(use: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const sandbox = await open({ clients: { validic: CLIENT } });
  try {
    await use(sandbox);
  } finally {
    await sandbox.stop();
  }
}

function ask(
  sandbox: Sandbox,
  path: string,
  { organization = CLIENT.id, token = CLIENT.secret, query = "", ...init }:
    & { readonly organization?: string; readonly token?: string; readonly query?: string }
    & RequestInit = {},
): Promise<Response> {
  const root = `${sandbox.url}/validic/organizations/${organization}`;
  return request(`${root}${path}?token=${token}&${query}`, init);
}

function provision(sandbox: Sandbox, uid: string): Promise<Response> {
  return ask(sandbox, "/users", { method: "POST", body: JSON.stringify({ uid }) });
}

/** The user's marketplace as a browser finds it here, and the way back. */
async function marketplace(sandbox: Sandbox, made: Response): Promise<URL> {
  const user = await json(made);
  const { url } = user["marketplace"] as { url: string };
  const { search } = new URL(url);
  return new URL(
    `${sandbox.origins["https://syncmydevice.com"]}/${search}&redirect_uri=${
      encodeURIComponent(BACK)
    }`,
  );
}

async function linked(sandbox: Sandbox, resource?: string): Promise<void> {
  const page = await marketplace(sandbox, await provision(sandbox, "u1"));
  const back = await answerConsent(page, { person: "demo", ...(resource ? { resource } : {}) });
  assert.equal(back.href, BACK);
}

async function listed(sandbox: Sandbox, resource: string) {
  const response = await ask(sandbox, `/users/u1/${resource}`, { query: DAYS });
  const { data } = await json(response);
  assert.ok(Array.isArray(data));
  return data as Record<string, unknown>[];
}

Deno.test("validic takes the organization's token in the query, and tells a wrong one from another's", () =>
  withValidic(async (sandbox) => {
    assert.equal((await ask(sandbox, "/users/u1", { token: "" })).status, 403);
    assert.equal((await ask(sandbox, "/users/u1", { organization: "another" })).status, 401);
    assert.equal((await ask(sandbox, "/users/u1")).status, 404);
  }));

Deno.test("validic knows a user by the app's id alone, once", () =>
  withValidic(async (sandbox) => {
    const made = await provision(sandbox, "u1");
    assert.equal(made.status, 201);
    const { id, sources } = await json(made);
    assert.deepEqual(sources, []);
    assert.equal((await ask(sandbox, `/users/${id}`)).status, 404);
    assert.equal((await provision(sandbox, "u1")).status, 422);
    assert.equal((await ask(sandbox, "/users/u1", { method: "DELETE" })).status, 200);
    assert.equal((await ask(sandbox, "/users/u1", { method: "DELETE" })).status, 404);
  }));

Deno.test("validic's marketplace leads back with a refusal or nothing, and dies with its token", () =>
  withValidic(async (sandbox) => {
    const page = await marketplace(sandbox, await provision(sandbox, "u1"));
    const denied = await answerConsent(page, { person: "demo", decision: "deny" });
    assert.equal(denied.searchParams.get("message"), "access_denied");
    assert.equal(denied.searchParams.get("state"), "u1");
    assert.deepEqual(await listed(sandbox, "summaries"), []);
    assert.equal((await answerConsent(page, { person: "demo" })).href, BACK);
    const { sources } = await json(await ask(sandbox, "/users/u1"));
    assert.match(JSON.stringify(sources), /"type":"fitbit"/);
    await ask(sandbox, "/users/u1/marketplace", { method: "POST" });
    assert.equal((await request(page)).status, 404);
  }));

Deno.test("validic answers every resource of 30 days at most, in one shape", () =>
  withValidic(async (sandbox) => {
    await linked(sandbox);
    const resources = "summaries measurements nutrition sleep workouts intraday cgm".split(" ");
    for (const resource of resources) {
      const records = await listed(sandbox, resource);
      assert.ok(records.length > 0, resource);
      for (const { id, start_time, utc_offset, deleted_at } of records) {
        assert.match(String(id), /^[0-9a-f]{32}$/);
        assert.match(String(start_time), /^2026-11-1\d|2026-11-20/);
        // Helsinki in winter.
        assert.equal(utc_offset, 7_200);
        assert.equal(deleted_at, null);
      }
    }
    const long = "start_date=2026-10-01&end_date=2026-11-01";
    assert.equal((await ask(sandbox, "/users/u1/sleep", { query: long })).status, 400);
    assert.equal((await ask(sandbox, "/users/u1/steps", { query: DAYS })).status, 404);
  }));

Deno.test("validic shows a deleted record with its time of deletion, under the same id", () =>
  withValidic(async (sandbox) => {
    await linked(sandbox);
    const { recordId } = sandbox.control.publish({
      person: "demo",
      provider: "validic",
      resource: "workouts",
    });
    const find = async () =>
      (await listed(sandbox, "workouts")).find(({ id }) => id === recordId) ?? assert.fail();
    assert.equal((await find())["deleted_at"], null);
    const has = () => sandbox.ledger.facts("demo").some((fact) => fact.recordId === recordId);
    assert.ok(has());
    sandbox.control.publish({
      person: "demo",
      provider: "validic",
      resource: "workouts",
      action: "delete",
      recordId,
    });
    assert.equal(typeof (await find())["deleted_at"], "string");
    assert.ok(!has(), "what is gone means nothing any more");
  }));

Deno.test("validic counts calls by the hour, and keeps no token of those it had", () =>
  withValidic(async (sandbox) => {
    const response = await ask(sandbox, "/users/u1");
    assert.equal(response.headers.get("x-ratelimit-limit"), "2000");
    assert.equal(response.headers.get("x-ratelimit-remaining"), "1999");
    assert.doesNotMatch(JSON.stringify(sandbox.control.requests()), /test-key-validic/);
  }));
