import assert from "node:assert/strict";
import { utf8 } from "@shared/core/bytes.ts";
import { hmac } from "@shared/core/crypto.ts";
import { toHex } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import { DAY } from "@shared/core/time.ts";
import oura from "@shared/providers/oura.ts";
import { ACCOUNT, MARKED, withProvider } from "../../support/provider_server.ts";

const CALLBACK = "https://app.example/functions/v1/webhooks/oura";
const NOW = new Date("2026-03-01T12:00:00Z");

interface Subscription {
  id: string;
  callback_url: string;
  event_type: string;
  data_type: string;
  expiration_time: string;
}

/** Oura's subscription API, with 409 for what is there already. */
async function subscribed(
  subscriptions: Subscription[],
): Promise<readonly (readonly [method: string, path: string])[]> {
  const calls: (readonly [string, string])[] = [];
  const in90Days = new Date(NOW.getTime() + 90 * DAY).toISOString().replace("Z", "");
  await withProvider(({ method, url, headers, body }) => {
    if (headers.get("x-client-secret") !== MARKED.clientSecret) {
      return new Response(null, { status: 401 });
    }
    if (method === "GET") return Response.json(subscriptions);
    calls.push([method, url.pathname]);
    if (method === "PUT") {
      const renewed = subscriptions.find(({ id }) => url.pathname.endsWith(`/renew/${id}`));
      if (!renewed) return Response.json({ detail: "Forbidden" }, { status: 403 });
      renewed.expiration_time = in90Days;
      return Response.json(renewed);
    }
    const wanted = JSON.parse(body);
    assert.equal(wanted.verification_token, "verify");
    const isThere = subscriptions.some((one) =>
      one.data_type === wanted.data_type && one.event_type === wanted.event_type
    );
    if (isThere) return Response.json({ detail: "exists" }, { status: 409 });
    const { verification_token: _, ...made } = wanted;
    subscriptions.push({ ...made, id: crypto.randomUUID(), expiration_time: in90Days });
    return Response.json(subscriptions.at(-1), { status: 201 });
  }, ({ context }) =>
    oura.webhook?.subscribe?.(
      { callbackUrl: CALLBACK, verifyToken: new Secret("verify") },
      context({ now: NOW }),
    ) ?? Promise.reject());
  return calls;
}

Deno.test("subscribe() makes one subscription for each data type and event, then nothing", async () => {
  const subscriptions: Subscription[] = [];
  assert.equal((await subscribed(subscriptions)).length, 33);
  const pairs = subscriptions.map((one) => `${one.data_type} ${one.event_type}`);
  assert.equal(new Set(pairs).size, 33);
  const pulled = oura.resources.filter(({ poll }) => !poll).map(({ name }) => name);
  assert.deepEqual([...new Set(subscriptions.map((one) => one.data_type))].sort(), pulled.sort());
  assert.deepEqual(await subscribed(subscriptions), []);
});

Deno.test("subscribe() renews what ends within a fortnight", async () => {
  const subscriptions: Subscription[] = [];
  await subscribed(subscriptions);
  const [first, second, third] = subscriptions;
  assert.ok(first && second && third);
  // Oura leaves the zone out: UTC is meant.
  first.expiration_time = "2026-03-15T11:59:59";
  second.expiration_time = "2026-03-15T12:00:01";
  third.expiration_time = "soon";
  assert.deepEqual(await subscribed(subscriptions), [
    ["PUT", `/v2/webhook/subscription/renew/${first.id}`],
    ["PUT", `/v2/webhook/subscription/renew/${third.id}`],
  ]);
});

Deno.test("subscribe() takes 409 as done: the subscription may be another address's", async () => {
  const subscriptions: Subscription[] = [];
  await subscribed(subscriptions);
  for (const one of subscriptions) one.callback_url = "https://old.example/";
  assert.equal((await subscribed(subscriptions)).length, 33);
});

Deno.test("requests ask a day more on each side, in the person's own days", () => {
  const ask = {
    account: ACCOUNT,
    window: { from: new Date("2026-02-01T00:00:00Z"), to: new Date("2026-02-03T00:00:00Z") },
    cursor: "n/2",
  };
  const urlOf = (name: string) =>
    oura.resources.find((one) => one.name === name)?.request?.(ask).url;
  const base = "https://api.ouraring.com/v2/usercollection";
  assert.equal(
    urlOf("vo2_max"),
    `${base}/vO2_max?start_date=2026-01-31&end_date=2026-02-04&next_token=n%2F2`,
  );
  assert.equal(
    urlOf("heartrate"),
    `${base}/heartrate?start_datetime=2026-02-01T00%3A00%3A00.000Z&` +
      "end_datetime=2026-02-03T00%3A00%3A00.000Z&next_token=n%2F2",
  );
});

Deno.test("a hypnogram is read at its finest, merged, and cut off at the end of the night", () => {
  const stagesOf = (phases: Readonly<Record<string, string | null>>) => {
    const night = {
      id: "1",
      bedtime_start: "2026-02-03T00:00:00Z",
      bedtime_end: "2026-02-03T00:07:00Z",
      type: "long_sleep",
      ...phases,
    };
    const [item] = oura.normalise("sleep", night).records[0]?.items ?? [];
    assert.ok(item?.kind === "sleep");
    return item.stages?.map(({ stage, end }) => `${stage} ${end.toISOString().slice(14, 19)}`);
  };
  const coarse = { sleep_phase_5_min: "44", app_sleep_phase_5_min: "12" };
  assert.deepEqual(stagesOf({ ...coarse, sleep_phase_30_sec: "1133" }), [
    "deep 01:00",
    "rem 02:00",
  ]);
  assert.deepEqual(stagesOf({ ...coarse, sleep_phase_30_sec: null }), [
    "deep 05:00",
    "light 07:00",
  ]);
  assert.deepEqual(stagesOf({ sleep_phase_5_min: "9444" }), ["unknown 05:00", "awake 07:00"]);
  assert.equal(stagesOf({ sleep_phase_5_min: "" }), undefined);
});

Deno.test("a digit cannot be moved between a webhook's timestamp and its body", async () => {
  const now = new Date(1_761_746_400_000);
  const verify = (timestamp: string, body: string, signed = timestamp + body) =>
    oura.webhook?.verifyWebhook(
      {
        method: "POST",
        url: new URL(CALLBACK),
        headers: new Headers({
          "x-oura-timestamp": timestamp,
          "x-oura-signature": toHex(hmac("SHA-256", "secret", signed)).toUpperCase(),
        }),
        body: utf8(body),
      },
      { signing: [new Secret("secret")] },
      now,
    );
  assert.equal(await verify("1761746400", "{}"), true);
  assert.equal(await verify("1761746400000", "{}"), true);
  assert.equal(await verify("1761746400", "0{}"), false);
  assert.equal(await verify("176174640", "0{}", "1761746400{}"), false);
  assert.equal(await verify("17617464000", "{}"), false);
});

Deno.test("parseWebhook() makes do without a time where the document is named", () => {
  const parse = (body: Readonly<Record<string, string>>) =>
    oura.webhook?.parseWebhook({
      method: "POST",
      url: new URL(CALLBACK),
      headers: new Headers(),
      body: utf8(JSON.stringify({ user_id: "u", data_type: "daily_sleep", ...body })),
    }, { receivedAt: new Date(0) }).map((event) => event.kind);
  assert.deepEqual(parse({ event_type: "create", object_id: "1" }), ["notify"]);
  assert.deepEqual(parse({ event_type: "create" }), ["ignored"]);
  assert.deepEqual(parse({ event_type: "delete" }), ["ignored"]);
  assert.throws(() => parse({ event_type: "other" }), { name: "ProviderError" });
  assert.throws(() => parse({ event_type: "create", user_id: "" }), { name: "ProviderError" });
});
