import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { DAY, splitNewestFirst } from "@shared/core/time.ts";
import type { AccountRef, DriverContext, ProviderDriver } from "@shared/providers/driver.ts";
import type { OAuth2Link, WidgetLink } from "@shared/providers/link.ts";
import { type Sandbox, startSandbox } from "../../../dev/sandbox/server.ts";
import type { PretendProviderName } from "../../../dev/sandbox/provider.ts";
import { answerConsent } from "../../../dev/sandbox/visitor.ts";
import type { Exchange } from "./validate.ts";

const NOW = new Date("2026-11-20T15:00:00Z");
const CLIENT = { id: "contract-client", secret: "test-key-contract" };
const REDIRECT_URI = "http://127.0.0.1:9/functions/v1/oauth-callback/contract";

/**
 * Everything a driver asks, against the pretend provider of its slug: a person links, all pages of all
 * resources are read, one record of each by its id, and the grant is revoked.
 */
export async function drive(
  driver: ProviderDriver & { readonly slug: string },
  slug: PretendProviderName,
): Promise<readonly Exchange[]> {
  const sandbox = await startSandbox({
    port: 0,
    hostname: "127.0.0.1",
    clock: () => NOW,
    historyDays: 40,
    clients: { [slug]: CLIENT },
  });
  try {
    return await driveAt(driver, sandbox);
  } finally {
    await sandbox.stop();
  }
}

async function driveAt(driver: ProviderDriver, sandbox: Sandbox): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = [];
  const relocated = (url: URL) =>
    new URL(`${sandbox.origins[url.origin]}${url.pathname}${url.search}`);
  const ctx: DriverContext = {
    client: { id: CLIENT.id, secret: new Secret(CLIENT.secret) },
    now: () => NOW,
    signal: new AbortController().signal,
    async fetch(input, init) {
      const request = new Request(input, init);
      const url = new URL(request.url);
      const isForm = /^application\/x-www-form/.test(request.headers.get("content-type") ?? "");
      const form = isForm ? { form: new URLSearchParams(await request.clone().text()) } : {};
      const response = await fetch(new Request(relocated(url), request));
      const body = await response.text();
      exchanges.push({ method: request.method, url, ...form, status: response.status, body });
      const { status, headers } = response;
      return new Response(status === 204 ? null : body, { status, headers });
    },
  };

  const { link } = driver;
  assert.ok(link.kind === "oauth2" || link.kind === "widget");
  const { account, unlink } = link.kind === "oauth2"
    ? await linkByOAuth(link, relocated, ctx)
    : await linkByWidget(link, relocated, ctx);

  const window = { from: new Date(NOW.getTime() - 30 * DAY), to: NOW };
  const ids = new Map<string, string>();
  for (const { name: resource, request, pageDays } of driver.resources) {
    if (!request) continue;
    for (const piece of splitNewestFirst(window, pageDays ?? 30)) {
      const batches = driver.fetchLatestMetrics({ account, window: piece, resource }, ctx);
      for await (const { records } of batches) {
        const [first] = records;
        if (first) ids.set(resource, first.id);
      }
    }
  }
  for (const { name: resource, requestOne, within } of driver.resources) {
    const recordId = ids.get(within ?? resource);
    if (!requestOne || recordId === undefined) continue;
    const { records } = await driver.fetchPage({ account, window, resource, recordId }, ctx);
    assert.ok(records.length > 0, `${resource} has nothing under ${recordId}`);
  }
  await unlink();
  return exchanges;
}

interface LinkedPerson {
  readonly account: AccountRef;
  unlink(): Promise<void>;
}

async function linkByOAuth(
  oauth: OAuth2Link,
  relocated: (url: URL) => URL,
  ctx: DriverContext,
): Promise<LinkedPerson> {
  const codeVerifier = "v".repeat(43);
  const page = oauth.authorizeUrl({
    clientId: CLIENT.id,
    state: "state-of-the-contract",
    redirectUri: REDIRECT_URI,
    codeChallenge: codeVerifier,
  });
  const back = await answerConsent(relocated(page), { person: "demo" });
  const code = back.searchParams.get("code") ?? "";
  const tokens = await oauth.exchangeCodeForTokens(
    { code, redirectUri: REDIRECT_URI, codeVerifier },
    ctx,
  );
  const asked: AccountRef = {
    externalUserId: tokens.externalUserId ?? "",
    accessToken: tokens.accessToken,
  };
  const { externalUserId } = await oauth.fetchProfile(asked, ctx);
  const account = { ...asked, externalUserId };
  return { account, unlink: async () => await oauth.revokeTokens?.(tokens, account, ctx) };
}

async function linkByWidget(
  widget: WidgetLink,
  relocated: (url: URL) => URL,
  ctx: DriverContext,
): Promise<LinkedPerson> {
  const reference = "0f5b7c1e-8a3d-4e55-b7a2-1d2c3b4a5968";
  const returnUrl = `${REDIRECT_URI}?state=${reference}`;
  const page = await widget.openSession({ reference, returnUrl }, ctx);
  const back = await answerConsent(relocated(page), { person: "demo" });
  const account = await widget.confirm({ reference, callback: back.searchParams }, ctx);
  return { account, unlink: async () => await widget.unlink?.(account, ctx) };
}
