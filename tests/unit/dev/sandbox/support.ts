import assert from "node:assert/strict";
import { serve } from "../../../../dev/serve.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../../../dev/sandbox/server.ts";
import { type Answer, answerConsent } from "../../../../dev/sandbox/visitor.ts";

export const NOON = new Date("2026-11-20T15:00:00Z");
export const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/oura";
export const CLIENTS = {
  oura: { id: "oura-client", secret: "test-key-oura" },
  terra: { id: "terra-dev", secret: "test-key-terra", webhookSecret: "test-key-signing" },
  dexcom: { id: "dexcom-client", secret: "test-key-dexcom" },
} as const;

export function open(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  return startSandbox({
    port: 0,
    hostname: "127.0.0.1",
    clock: () => NOON,
    retrySeconds: 0.01,
    clients: CLIENTS,
    ...options,
  });
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly token_type: string;
}

/** A member of a JSON answer, whatever it is: what a test then asserts. */
export async function json(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json();
  assert.ok(typeof body === "object" && body !== null);
  // SAFETY: an object, and each member stays unknown.
  return body as Record<string, unknown>;
}

export function authorizeUrl(sandbox: Sandbox, path: string, extra: Record<string, string> = {}) {
  const url = new URL(sandbox.url + path);
  const clientId = path.startsWith("/oura") ? CLIENTS.oura.id : CLIENTS.dexcom.id;
  const query = { response_type: "code", client_id: clientId, redirect_uri: CALLBACK, state: "s1" };
  for (const [name, value] of Object.entries({ ...query, ...extra })) {
    url.searchParams.set(name, value);
  }
  return url;
}

/** `fetch` with the body read to its end: what nobody reads would keep the connection. */
export async function request(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  const { status, headers } = response;
  const bytes = await response.arrayBuffer();
  return new Response(status === 204 || bytes.byteLength === 0 ? null : bytes, { status, headers });
}

export function post(url: string, form: Record<string, string>, headers?: HeadersInit) {
  return request(url, {
    method: "POST",
    body: new URLSearchParams(form),
    ...(headers ? { headers } : {}),
  });
}

/** Links a person as a browser and a server together would, and returns the tokens. */
export async function link(
  sandbox: Sandbox,
  answer: Answer,
  issuer: "oura" | "dexcom-us" | "dexcom-eu" = "oura",
): Promise<Tokens> {
  const oura = issuer === "oura";
  const { id, secret } = oura ? CLIENTS.oura : CLIENTS.dexcom;
  const page = authorizeUrl(sandbox, oura ? "/oura/oauth/authorize" : `/${issuer}/v3/oauth2/login`);
  const back = await answerConsent(page, answer);
  const response = await post(
    `${sandbox.url}/${issuer}${oura ? "/oauth/token" : "/v3/oauth2/token"}`,
    {
      grant_type: "authorization_code",
      code: back.searchParams.get("code") ?? "",
      redirect_uri: CALLBACK,
      client_id: id,
      client_secret: secret,
    },
  );
  assert.equal(response.status, 200);
  // SAFETY: the sandbox's own token answer, of which the OAuth tests check each member.
  return await response.json() as Tokens;
}

export function get(sandbox: Sandbox, path: string, token: string): Promise<Response> {
  return request(sandbox.url + path, { headers: { authorization: `Bearer ${token}` } });
}

/** Every row of a paged Oura list. */
export async function pages(sandbox: Sandbox, path: string, token: string) {
  const rows: Record<string, unknown>[] = [];
  const counts: number[] = [];
  let next: unknown = null;
  do {
    const more = next === null ? "" : `&next_token=${next}`;
    const response = await get(sandbox, `/oura/v2/usercollection/${path}${more}`, token);
    assert.equal(response.status, 200);
    const body = await json(response);
    const data = body["data"];
    assert.ok(Array.isArray(data));
    rows.push(...data);
    counts.push(data.length);
    next = body["next_token"];
  } while (next !== null);
  return { rows, counts };
}

export interface Received {
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** An app's webhook endpoint: keeps what it gets and says challenges back. */
export function openReceiver(status: (n: number) => number = () => 200) {
  const received: Received[] = [];
  let deliveries = 0;
  const server = serve(async (req) => {
    const url = new URL(req.url);
    const challenge = url.searchParams.get("challenge");
    if (req.method === "GET") return Response.json({ challenge });
    const text = await req.text();
    received.push({ headers: req.headers, text, body: JSON.parse(text) });
    return new Response(null, { status: status(deliveries++) });
  });
  return {
    url: `${server.url}/webhooks`,
    received,
    [Symbol.asyncDispose]: server.stop,
  };
}
