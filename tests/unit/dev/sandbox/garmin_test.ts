import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { toBase64Url, utf8 } from "@shared/core/bytes.ts";
import { DAY, HOUR, localDateOf } from "@shared/core/time.ts";
import type { Normalized } from "@shared/catalog/normalized.ts";
import garmin from "@shared/providers/garmin.ts";
import type { AccountRef, DriverContext } from "@shared/providers/driver.ts";
import type { OAuth2Link } from "@shared/providers/link.ts";
import { deriveMetrics } from "@shared/sync/derive.ts";
import { compare, type Row } from "../../../../dev/journey/compare.ts";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { get, json, NOON, open, openReceiver, post, type Received } from "./support.ts";

const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/garmin";
const CLIENT = {
  id: "garmin-client",
  secret: "test-key-garmin",
  webhookSecret: "test-key-garmin-path",
};
const REST = "/garmin/wellness-api/rest";
const TOKEN = "/garmin/di-oauth2-service/oauth/token";
const VERIFIER = "v".repeat(64);

function openGarmin(webhookUrl?: string): Promise<Sandbox> {
  return open({ clients: { garmin: { ...CLIENT, ...(webhookUrl ? { webhookUrl } : {}) } } });
}

/** What the runtime gives a driver, led to the sandbox. */
function contextOf(sandbox: Sandbox): DriverContext {
  return {
    client: { id: CLIENT.id, secret: new Secret(CLIENT.secret) },
    fetch: (input, init) => {
      const asked = new Request(input, init);
      const { origin, pathname, search } = new URL(asked.url);
      const stand = sandbox.origins[origin] ?? assert.fail(`no stand-in for ${origin}`);
      return fetch(new Request(stand + pathname + search, asked), init);
    },
    now: () => NOON,
    signal: new AbortController().signal,
  };
}

function link(): OAuth2Link {
  assert.equal(garmin.link.kind, "oauth2");
  // SAFETY: asserted on the line above, which the compiler does not see through.
  return garmin.link as OAuth2Link;
}

async function linked(sandbox: Sandbox, person = "demo"): Promise<AccountRef> {
  const context = contextOf(sandbox);
  const codeChallenge = toBase64Url(
    new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(VERIFIER))),
  );
  const asked = { clientId: CLIENT.id, state: "s1", redirectUri: CALLBACK, codeChallenge };
  const page = link().authorizeUrl(asked);
  const stand = sandbox.origins[page.origin] + page.pathname + page.search;
  const back = await answerConsent(stand, { person });
  const code = back.searchParams.get("code") ?? "";
  const exchange = { code, redirectUri: CALLBACK, codeVerifier: VERIFIER };
  const { accessToken } = await link().exchangeCodeForTokens(exchange, context);
  const account = { externalUserId: "", accessToken };
  return { ...account, ...await link().fetchProfile(account, context) };
}

/** What the driver reads of deliveries, as the person would be answered it. */
async function rowsOf(
  sandbox: Sandbox,
  account: AccountRef,
  deliveries: readonly Received[],
): Promise<readonly Row[]> {
  const records = new Map<string, readonly Normalized[]>();
  for (const { text } of deliveries) {
    const request = {
      method: "POST",
      url: new URL("https://app.example/webhooks/garmin"),
      headers: new Headers(),
      body: utf8(text),
    };
    for (const event of garmin.webhook?.parseWebhook(request, { receivedAt: NOON }) ?? []) {
      if (event.externalUserId !== account.externalUserId) continue;
      assert.ok(event.kind === "push" || event.kind === "notify", event.kind);
      const { resource } = event;
      const batch = event.kind === "push"
        ? garmin.normalise(resource, event.body)
        : await garmin.fetchPage({ ...event, account }, contextOf(sandbox));
      for (const { id, items } of batch.records) records.set(`${resource} ${id}`, items);
    }
  }
  return [...records.values()].flat().flatMap((item) => [item, ...deriveMetrics(item)])
    .flatMap((item): Row[] => {
      if (item.kind !== "metric" && item.kind !== "score") return [];
      return [{
        metric: item.kind === "metric" ? item.metric : item.score,
        value: item.value,
        unit: item.kind === "metric" ? item.unit : "score",
        ts: item.start.toISOString(),
        end: item.end?.toISOString(),
        source: "garmin",
        localDate: localDateOf(item.start, item.offsetMinutes),
      }];
    });
}

Deno.test("garmin wants PKCE on both pages, and the client's secret beside it", async () => {
  const sandbox = await openGarmin();
  try {
    const url = `${sandbox.url}/garmin/oauth2Confirm?response_type=code&client_id=${CLIENT.id}` +
      `&redirect_uri=${encodeURIComponent(CALLBACK)}&state=s`;
    assert.equal((await get(sandbox, url.slice(sandbox.url.length), "")).status, 400);
    const page = `${url}&code_challenge=c&code_challenge_method=S256`;
    const back = await answerConsent(page, { person: "demo" });
    const form = {
      grant_type: "authorization_code",
      code: back.searchParams.get("code") ?? "",
      code_verifier: VERIFIER,
      redirect_uri: CALLBACK,
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
    };
    const answer = await post(`${sandbox.url}${TOKEN}`, form);
    assert.deepEqual([answer.status, await json(answer)], [400, { error: "invalid_grant" }]);
  } finally {
    await sandbox.stop();
  }
});

Deno.test("garmin sends each history once, by push and by ping, and all of it is read as it was meant", async () => {
  await using receiver = openReceiver();
  const sandbox = await openGarmin(receiver.url);
  try {
    const account = await linked(sandbox);
    const { history } = garmin;
    assert.ok(history?.kind === "request");
    const window = { from: new Date(NOON.getTime() - 30 * DAY), to: NOON };
    await history.request({ account, window }, contextOf(sandbox));
    await sandbox.control.settled();
    const first = receiver.received.length;
    assert.ok(first > 0);
    await history.request({ account, window }, contextOf(sandbox));
    sandbox.control.publish({ person: "demo", provider: "garmin", resource: "activities" });
    sandbox.control.publish({ person: "demo", provider: "garmin", resource: "dailies" });
    await sandbox.control.settled();
    assert.equal(receiver.received.length, first + 3, "a second ask sends nothing");

    const rows = await rowsOf(sandbox, account, receiver.received);
    const facts = sandbox.ledger.facts("demo");
    const { equal, differences } = compare(rows, facts);
    console.log(`${equal} readings of ${receiver.received.length} deliveries equal what was sent`);
    assert.deepEqual(differences, []);
    assert.ok(equal > 2_000);
    const pings = receiver.received.filter(({ text }) => text.includes("callbackURL"));
    assert.ok(pings.length > 0 && pings.length < first);
  } finally {
    await sandbox.stop();
  }
});

Deno.test("garmin mixes people in a delivery, tells who left, and gives a ping's rows to their owner", async () => {
  await using receiver = openReceiver();
  let now = NOON;
  const sandbox = await open({
    clock: () => now,
    clients: { garmin: { ...CLIENT, webhookUrl: receiver.url } },
  });
  try {
    const [demo, other] = [await linked(sandbox, "demo"), await linked(sandbox, "another")];
    now = new Date(NOON.getTime() + DAY - HOUR); // access tokens live for a day
    sandbox.control.announce();
    await sandbox.control.settled();
    const [delivery] = receiver.received;
    const people = [demo, other].map(({ externalUserId }) => externalUserId);
    assert.ok(people.every((id) => delivery?.text.includes(id)));
    assert.equal(delivery?.headers.get("garmin-client-id"), CLIENT.id);
    const pings = Object.values(delivery?.body ?? {}).flat()
      .map((row) => new URL(Object(row).callbackURL ?? "about:blank"))
      .filter(({ protocol }) => protocol === "https:");
    const statuses = await Promise.all(pings.map(async ({ pathname, search }) => {
      const path = `/garmin${pathname}${search}`;
      const answers = [demo, other].map(async ({ accessToken }) =>
        (await get(sandbox, path, accessToken?.reveal() ?? "")).status
      );
      return (await Promise.all(answers)).sort().join();
    }));
    assert.ok(statuses.length >= 4 && statuses.every((one) => one === "200,400"), `${statuses}`);

    const token = other.accessToken?.reveal() ?? "";
    assert.equal((await get(sandbox, `${REST}/user/permissions`, token)).status, 200);
    sandbox.control.revoke("garmin", "another");
    await sandbox.control.settled();
    const told = receiver.received.at(-1)?.body;
    assert.deepEqual(told, { deregistrations: [{ userId: other.externalUserId }] });
    assert.equal((await get(sandbox, `${REST}/user/id`, token)).status, 401);
  } finally {
    await sandbox.stop();
  }
});

Deno.test("garmin refuses a history longer than a month, and knows its own kinds", async () => {
  const sandbox = await openGarmin();
  try {
    const account = await linked(sandbox);
    const ask = async (kind: string, days: number) => {
      const to = Math.floor(NOON.getTime() / 1_000);
      const query = `summaryStartTimeInSeconds=${to - days * 86_400}&summaryEndTimeInSeconds=${to}`;
      const token = account.accessToken?.reveal() ?? "";
      return (await get(sandbox, `${REST}/backfill/${kind}?${query}`, token)).status;
    };
    assert.equal(await ask("dailies", 30), 202);
    assert.equal(await ask("dailies", 30), 409);
    assert.equal(await ask("dailies", 31), 400);
    assert.equal(await ask("moveiq", 30), 202);
    assert.equal(await ask("unheard", 30), 404);
  } finally {
    await sandbox.stop();
  }
});
