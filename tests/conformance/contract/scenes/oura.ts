import assert from "node:assert/strict";
import { z } from "zod";
import { COLLECTIONS } from "../../../../dev/sandbox/oura/collections.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import type { Scene, Stage } from "../drive.ts";

const API = "https://api.ouraring.com";
const REDIRECT_URI = "http://127.0.0.1:9/functions/v1/oauth-callback/contract";
const DAYS = "start_date=2026-08-23&end_date=2026-11-21";
const HOURS = "start_datetime=2026-11-19T00:00:00Z&end_datetime=2026-11-20T00:00:00Z";

const pageOf = z.object({
  data: z.array(z.looseObject({ id: z.string().optional() })),
  next_token: z.string().nullable(),
});
const subscriptions = z.array(z.looseObject({ id: z.string() }));

/** Collections that the driver leaves out, what is refused, and the rest of the subscriptions. */
export const ouraScene: Scene = async (stage) => {
  const { fetch } = stage.ctx;
  const headers = { authorization: `Bearer ${await tokenForEverything(stage)}` };
  const get = (path: string) => fetch(`${API}/v2/usercollection/${path}`, { headers });

  const lists = Object.keys(COLLECTIONS).map((path) => `${path}?${DAYS}`);
  for (const list of [...lists, `ring_battery_level?${HOURS}`, "ring_configuration?"]) {
    const rows = await allPages(list, get);
    assert.ok(rows.length > 0, `${list} is empty`);
    const [path = ""] = list.split("?");
    if (Object.hasOwn(COLLECTIONS, path)) await get(`${path}/${rows[0]?.id}`);
  }
  await get("personal_info");
  await get(`heartrate?${HOURS}&latest=true`);
  await get("sleep?start_date=yesterday");

  const { id, secret } = stage.ctx.client;
  const app = { "x-client-id": id, "x-client-secret": secret.reveal() };
  const ask = (method: string, path: string, json?: unknown) => {
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const headers = json === undefined ? app : { ...app, "content-type": "application/json" };
    return fetch(`${API}/v2/webhook/subscription${path}`, { method, headers, ...body });
  };
  const [first] = subscriptions.parse(await (await ask("GET", "")).json());
  assert.ok(first);
  const token = { verification_token: "test-token-contract" };
  for (const id of [first.id, "00000000-0000-4000-8000-000000000000"]) {
    await ask("GET", `/${id}`);
    await ask("PUT", `/${id}`, token);
    await ask("DELETE", `/${id}`);
  }
  await ask("POST", "", token);
};

async function allPages(list: string, get: (path: string) => Promise<Response>) {
  const rows: z.output<typeof pageOf>["data"] = [];
  let token: string | null = null;
  do {
    const more: string = token === null ? "" : `&next_token=${token}`;
    const page = pageOf.parse(await (await get(`${list}${more}`)).json());
    rows.push(...page.data);
    token = page.next_token;
  } while (token !== null);
  return rows;
}

/** What an app is given that asks for no scope in particular: tags and the address too. */
async function tokenForEverything({ sandbox, ctx }: Stage): Promise<string> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: ctx.client.id,
    redirect_uri: REDIRECT_URI,
    state: "s",
  });
  const page = `${sandbox.origins["https://cloud.ouraring.com"]}/oauth/authorize?${query}`;
  const back = await answerConsent(page, { person: "demo" });
  const response = await ctx.fetch(`${API}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: back.searchParams.get("code") ?? "",
      redirect_uri: REDIRECT_URI,
      client_id: ctx.client.id,
      client_secret: ctx.client.secret.reveal(),
    }),
  });
  return z.object({ access_token: z.string() }).parse(await response.json()).access_token;
}
