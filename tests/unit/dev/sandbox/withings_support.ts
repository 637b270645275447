import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { json, NOON, open, post } from "./support.ts";

const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/withings";
export const CLIENT = { id: "withings-client", secret: "test-key-withings" };
export const NOW = NOON.getTime() / 1_000;

type Answer = { readonly status: unknown; readonly body: Record<string, unknown> };

export function openWithings(now: { at: Date } = { at: NOON }): Promise<Sandbox> {
  return open({ clock: () => now.at, clients: { withings: CLIENT } });
}

export async function ask(
  sandbox: Sandbox,
  path: string,
  form: Record<string, string>,
  token?: string,
): Promise<Answer> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const response = await post(`${sandbox.url}/withings${path}`, form, headers);
  assert.equal(response.status, 200, "everything is answered 200");
  const { status, body } = await json(response);
  assert.ok(typeof body === "object" && body !== null);
  // SAFETY: an object, and each member stays unknown.
  return { status, body: body as Record<string, unknown> };
}

const credentials = { client_id: CLIENT.id, client_secret: CLIENT.secret };

export async function codeOf(sandbox: Sandbox): Promise<string> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT.id,
    redirect_uri: CALLBACK,
    scope: "user.info,user.metrics,user.activity",
    state: "s",
  });
  const page = new URL(`${sandbox.url}/withings/oauth2_user/authorize2?${query}`);
  return (await answerConsent(page, { person: "demo" })).searchParams.get("code") ?? "";
}

export async function exchange(sandbox: Sandbox, code: string): Promise<Answer> {
  return await ask(sandbox, "/v2/oauth2", {
    action: "requesttoken",
    grant_type: "authorization_code",
    ...credentials,
    code,
    redirect_uri: CALLBACK,
  });
}

export async function refresh(sandbox: Sandbox, token: unknown): Promise<Answer> {
  return await ask(sandbox, "/v2/oauth2", {
    action: "requesttoken",
    grant_type: "refresh_token",
    ...credentials,
    refresh_token: String(token),
  });
}

export const tokenOf = async (sandbox: Sandbox) =>
  String((await exchange(sandbox, await codeOf(sandbox))).body["access_token"]);

export function signature(...values: readonly (string | number)[]): string {
  return createHmac("sha256", CLIENT.secret).update(values.join(",")).digest("hex");
}

export async function nonceOf(sandbox: Sandbox): Promise<string> {
  const { body } = await ask(sandbox, "/v2/signature", {
    action: "getnonce",
    client_id: CLIENT.id,
    timestamp: String(NOW),
    signature: signature("getnonce", CLIENT.id, NOW),
  });
  return String(body["nonce"]);
}

export const listOf = (answer: Answer, name: string): readonly Record<string, unknown>[] => {
  const list = answer.body[name];
  assert.ok(Array.isArray(list));
  return list;
};
