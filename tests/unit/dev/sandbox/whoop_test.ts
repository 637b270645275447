import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { get, json, NOON, open, openReceiver, post, request } from "./support.ts";

const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/whoop";
const CLIENT = { id: "whoop-client", secret: "test-key-whoop" };
const API = "/whoop/developer/v2";
const SCOPES =
  "offline read:profile read:recovery read:cycles read:sleep read:workout read:body_measurement";

function openWhoop(webhookUrl?: string): Promise<Sandbox> {
  return open({ clients: { whoop: { ...CLIENT, ...(webhookUrl ? { webhookUrl } : {}) } } });
}

function authorizeUrl(sandbox: Sandbox, scope: string, state = "state-of-eight"): URL {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT.id,
    redirect_uri: CALLBACK,
    scope,
    state,
  });
  return new URL(`${sandbox.url}/whoop/oauth/oauth2/auth?${query}`);
}

async function link(sandbox: Sandbox, scope = SCOPES): Promise<Record<string, unknown>> {
  const back = await answerConsent(authorizeUrl(sandbox, scope), { person: "demo" });
  const response = await post(`${sandbox.url}/whoop/oauth/oauth2/token`, {
    grant_type: "authorization_code",
    code: back.searchParams.get("code") ?? "",
    redirect_uri: CALLBACK,
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
  });
  assert.equal(response.status, 200);
  return await json(response);
}

async function tokenOf(sandbox: Sandbox): Promise<string> {
  return String((await link(sandbox))["access_token"]);
}

async function rowsOf(
  sandbox: Sandbox,
  path: string,
  token: string,
): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  let next: unknown;
  do {
    const more = next === undefined ? "" : `&nextToken=${encodeURIComponent(String(next))}`;
    const page = await json(await get(sandbox, `${API}/${path}?limit=25${more}`, token));
    const { records } = page;
    assert.ok(Array.isArray(records));
    rows.push(...records);
    next = page["next_token"];
  } while (next !== undefined);
  return rows;
}

Deno.test("whoop tokens come by secret in the body, and a refresh ends the one before", async () => {
  const sandbox = await openWhoop();
  const tokens = await link(sandbox);
  assert.equal(tokens["expires_in"], 3_600);
  assert.equal(tokens["scope"], SCOPES);
  const refresh = (authorization?: string) =>
    post(
      `${sandbox.url}/whoop/oauth/oauth2/token`,
      {
        grant_type: "refresh_token",
        refresh_token: String(tokens["refresh_token"]),
        scope: "offline",
        ...(authorization ? {} : { client_id: CLIENT.id, client_secret: CLIENT.secret }),
      },
      authorization ? { authorization } : {},
    );
  const basic = `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}`;
  assert.equal((await refresh(basic)).status, 401);
  const fresh = await json(await refresh());
  assert.notEqual(fresh["refresh_token"], tokens["refresh_token"]);
  assert.deepEqual(await json(await refresh()), { error: "invalid_grant" });
  await sandbox.stop();
});

Deno.test("whoop gives no refresh token without offline, and refuses a short state", async () => {
  const sandbox = await openWhoop();
  assert.equal((await link(sandbox, "read:profile"))["refresh_token"], undefined);
  const page = authorizeUrl(sandbox, SCOPES, "short");
  const back = await request(page, { redirect: "manual" });
  assert.equal(
    new URL(back.headers.get("location") ?? "").searchParams.get("error"),
    "invalid_state",
  );
  await sandbox.stop();
});

Deno.test("whoop lists newest first, 25 a page at most, and what overlaps the window", async () => {
  const sandbox = await openWhoop();
  const token = await tokenOf(sandbox);
  for (const path of ["cycle", "recovery", "activity/sleep", "activity/workout"]) {
    const rows = await rowsOf(sandbox, path, token);
    assert.ok(rows.length > 3, path);
    const starts = rows.map((row) => String(row["start"] ?? row["created_at"]));
    assert.deepEqual(starts, starts.toSorted().reverse(), path);
  }
  assert.equal((await get(sandbox, `${API}/cycle?limit=26`, token)).status, 400);
  const [open, closed] = await rowsOf(sandbox, "cycle", token);
  assert.equal(open?.["end"], undefined, "the running cycle has no end");
  const inside = new Date(Date.parse(String(closed?.["start"])) + 3_600_000).toISOString();
  const window = `start=${inside}&end=${new Date(Date.parse(inside) + 1_000).toISOString()}`;
  const { records } = await json(await get(sandbox, `${API}/cycle?${window}`, token));
  assert.deepEqual(records, [closed]);
  await sandbox.stop();
});

Deno.test("whoop says in the ledger what its records mean", async () => {
  const sandbox = await openWhoop();
  const token = await tokenOf(sandbox);
  const sleeps = await rowsOf(sandbox, "activity/sleep", token);
  const cycles = await rowsOf(sandbox, "cycle", token);
  const facts = sandbox.ledger.facts("demo");
  const scored = sleeps.filter((row) => row["score_state"] === "SCORED");
  assert.equal(facts.filter(({ metric }) => metric === "sleep_duration").length, scored.length);
  const { kilojoule } = cycles[1]?.["score"] as Record<string, number>;
  const energy = facts.find((fact) =>
    fact.metric === "energy_total" && fact.recordId === String(cycles[1]?.["id"])
  );
  assert.ok(Math.abs((energy?.value ?? 0) - (kilojoule ?? 0) / 4.184) < 1e-9);
  await sandbox.stop();
});

Deno.test("whoop webhooks are signed over milliseconds and body, and tell of deletions", async () => {
  await using receiver = openReceiver((n) => n === 0 ? 500 : 200);
  const sandbox = await openWhoop(receiver.url);
  const token = await tokenOf(sandbox);
  const order = { person: "demo", provider: "whoop", resource: "sleep" };
  const published = sandbox.control.publish(order);
  await sandbox.control.settled();
  assert.equal(receiver.received.length, 2, "one delivery failed and came again");
  const told = receiver.received[1];
  const timestamp = told?.headers.get("x-whoop-signature-timestamp") ?? "";
  assert.equal(timestamp, String(NOON.getTime()));
  assert.equal(
    told?.headers.get("x-whoop-signature"),
    createHmac("sha256", CLIENT.secret).update(timestamp + told?.text).digest("base64"),
  );
  const { user_id } = await json(await get(sandbox, `${API}/user/profile/basic`, token));
  const { trace_id, ...event } = told?.body ?? {};
  assert.ok(trace_id);
  assert.deepEqual(event, { user_id, id: published.recordId, type: "sleep.updated" });
  const path = `${API}/activity/sleep/${published.recordId}`;
  assert.equal((await get(sandbox, path, token)).status, 200);
  sandbox.control.publish({ ...published, action: "delete" });
  await sandbox.control.settled();
  assert.equal(receiver.received.at(-1)?.body["type"], "sleep.deleted");
  assert.equal((await get(sandbox, path, token)).status, 404);
  assert.ok(!sandbox.ledger.facts("demo").some((fact) => fact.recordId === published.recordId));
  await sandbox.stop();
});

Deno.test("whoop counts requests in its headers and ends at a hundred a minute", async () => {
  const sandbox = await openWhoop();
  const token = await tokenOf(sandbox);
  const first = await get(sandbox, `${API}/user/profile/basic`, token);
  assert.equal(first.headers.get("x-ratelimit-remaining"), "99");
  assert.match(first.headers.get("x-ratelimit-limit") ?? "", /^100, 100;window=60, /);
  for (let i = 1; i < 100; i++) await get(sandbox, `${API}/user/profile/basic`, token);
  const refused = await get(sandbox, `${API}/user/profile/basic`, token);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), null);
  assert.match(refused.headers.get("x-ratelimit-reset") ?? "", /^([1-9]|[1-5]\d|60)$/);
  await sandbox.stop();
});

Deno.test("whoop forgets a grant by the person's own token", async () => {
  const sandbox = await openWhoop();
  const token = await tokenOf(sandbox);
  const headers = { authorization: `Bearer ${token}` };
  const url = `${sandbox.url}${API}/user/access`;
  assert.equal((await request(url, { method: "DELETE", headers })).status, 204);
  assert.equal((await get(sandbox, `${API}/cycle`, token)).status, 401);
  await sandbox.stop();
});

Deno.test("whoop's faults speak its own shapes", async () => {
  const sandbox = await openWhoop();
  const token = await tokenOf(sandbox);
  const struck = async (kind: "next_loop" | "reordered" | "duplicate_page" | "429") => {
    const fault = { provider: "whoop", route: "/developer/v2/cycle", times: 1 } as const;
    sandbox.control.fault({ ...fault, kind });
    return await get(sandbox, `${API}/cycle?limit=5&nextToken=NQ%3D%3D`, token);
  };
  const { records } = await json(
    await get(sandbox, `${API}/cycle?limit=5&nextToken=NQ%3D%3D`, token),
  );
  assert.ok(Array.isArray(records) && records.length === 5);
  assert.equal((await json(await struck("next_loop")))["next_token"], "NQ==");
  assert.deepEqual((await json(await struck("reordered")))["records"], records.toReversed());
  assert.deepEqual((await json(await struck("duplicate_page")))["records"], [
    ...records,
    ...records,
  ]);
  const limited = await struck("429");
  assert.equal(limited.status, 429);
  assert.ok(Number(limited.headers.get("x-ratelimit-reset")) > 0);
  await sandbox.stop();
});
