import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { DAY, SECOND, splitNewestFirst } from "@shared/core/time.ts";
import type { AccountRef, DriverContext, ProviderDriver } from "@shared/providers/driver.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../../dev/sandbox/server.ts";
import { linked } from "./link.ts";
import { openReceiver, type Receiver } from "./receiver.ts";
import type { Exchange } from "./validate.ts";

export type ContractSlug = keyof SandboxOptions["clients"];

/** What was said between a driver and the pretend provider of its slug. */
export interface Conversation {
  readonly exchanges: readonly Exchange[];
  /** The JSON bodies that the provider sent by itself. */
  readonly pushes: readonly unknown[];
}

/** What stands on it: a provider, somebody who is linked, and a way to ask that keeps what is said. */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly account: AccountRef;
  readonly ctx: DriverContext;
}

/** What the pretend provider does and answers besides what the driver asks for. */
export type Scene = (stage: Stage) => Promise<void>;

const NOW = new Date("2026-11-20T15:00:00Z");
const WINDOW = { from: new Date(NOW.getTime() - 30 * DAY), to: NOW };
export const CLIENT = { id: "contract-client", secret: "test-key-contract" };
const SIGNING = new Secret("whsec_dGVzdC1rZXktY29udHJhY3Q=");

/**
 * Everything a driver asks: a person links, subscriptions are made, all pages of all resources are read
 * or asked for, one record of each by its id and one that is not there, once with a token that nobody
 * has; `scene` is played, tokens are refreshed, the grant is revoked. The person links again, and a day
 * goes by that the provider tells of.
 */
export async function drive(
  driver: ProviderDriver,
  slug: ContractSlug,
  scene?: Scene,
): Promise<Conversation> {
  const receiver = openReceiver(driver.webhook, SIGNING);
  const client = { ...CLIENT, webhookUrl: receiver.url, webhookSecret: SIGNING.reveal() };
  const sandbox = await startSandbox({
    port: 0,
    hostname: "127.0.0.1",
    clock: () => NOW,
    historyDays: 40,
    retrySeconds: 0.01,
    clients: { [slug]: client },
  });
  try {
    return await driveAt(driver, sandbox, receiver, scene);
  } finally {
    await sandbox.stop();
    await receiver.close();
  }
}

async function driveAt(
  driver: ProviderDriver,
  sandbox: Sandbox,
  receiver: Receiver,
  scene: Scene | undefined,
): Promise<Conversation> {
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
      const sent = await sentWith(request.clone());
      const response = await fetch(new Request(relocated(url), request));
      const body = await response.text();
      exchanges.push({ method: request.method, url, ...sent, status: response.status, body });
      const { status, headers } = response;
      return new Response(status === 204 ? null : body, { status, headers });
    },
  };
  const { account, refresh, unlink } = await linked(driver.link, relocated, ctx);
  const { url: callbackUrl, verifyToken } = receiver;
  await driver.webhook?.subscribe?.({ callbackUrl, verifyToken }, ctx);
  // Again when they are about to end: those that do are made to last.
  const later = { ...ctx, now: () => new Date(NOW.getTime() + 80 * DAY) };
  await driver.webhook?.subscribe?.({ callbackUrl, verifyToken }, later);
  await driver.webhook?.subscribePerson?.({ callbackUrl, account }, ctx);
  const ids = await readAll(driver, account, ctx);
  await askInVain(driver, account, ids, ctx);
  await scene?.({ sandbox, account, ctx });
  await refresh();
  await unlink();
  await linked(driver.link, relocated, ctx);
  await sandbox.control.settled();
  sandbox.control.advance(DAY / SECOND);
  sandbox.control.announce();
  await sandbox.control.settled();
  return { exchanges, pushes: receiver.bodies };
}

/** A record of each resource, by its id. */
async function readAll(
  driver: ProviderDriver,
  account: AccountRef,
  ctx: DriverContext,
): Promise<ReadonlyMap<string, string>> {
  const { history } = driver;
  if (history?.kind === "request") {
    for (const window of splitNewestFirst(WINDOW, history.pageDays)) {
      await history.request({ account, window }, ctx);
    }
  }
  const ids = new Map<string, string>();
  for (const { name: resource, request, pageDays } of driver.resources) {
    if (!request) continue;
    for (const window of splitNewestFirst(WINDOW, pageDays ?? 30)) {
      for await (
        const { records } of driver.fetchLatestMetrics({ account, window, resource }, ctx)
      ) {
        const [first] = records;
        if (first) ids.set(resource, first.id);
      }
    }
  }
  for (const { name: resource, requestOne, within } of driver.resources) {
    const recordId = ids.get(within ?? resource);
    if (!requestOne || recordId === undefined) continue;
    const ask = { account, window: WINDOW, resource, recordId };
    const { records } = await driver.fetchPage(ask, ctx);
    assert.ok(records.length > 0, `${resource} has nothing under ${recordId}`);
  }
  return ids;
}

/** With tokens and keys that nobody has, and for a record that is not there. */
async function askInVain(
  driver: ProviderDriver,
  account: AccountRef,
  ids: ReadonlyMap<string, string>,
  ctx: DriverContext,
): Promise<void> {
  const nobody = new Secret("test-key-of-nobody");
  const stranger = { ...account, accessToken: nobody };
  const strange = { ...ctx, client: { ...ctx.client, secret: nobody } };
  const { history, resources } = driver;
  const pulled = resources.find(({ request }) => request)?.name;
  const asked = pulled !== undefined
    ? driver.fetchPage({ account: stranger, window: WINDOW, resource: pulled }, strange)
    : history?.kind === "request"
    ? history.request({ account: stranger, window: WINDOW }, strange)
    : undefined;
  if (asked) await assert.rejects(asked, { name: "ProviderError" });
  const named = resources.find(({ name, requestOne }) => requestOne && ids.has(name))?.name;
  if (named === undefined) return;
  const recordId = unlike(ids.get(named) ?? "");
  const ask = { account, window: WINDOW, resource: named, recordId };
  // What the driver makes of "not there" is a matter of the laws.
  await Promise.allSettled([driver.fetchPage(ask, ctx)]);
}

/** An id of the same form, and of nothing: its last two digits are others. */
function unlike(id: string): string {
  return id.replace(/\w\w?$/, (end) => end === "98" ? "97" : "98".slice(-end.length));
}

async function sentWith(request: Request): Promise<Pick<Exchange, "form" | "json">> {
  const type = request.headers.get("content-type") ?? "";
  if (/^application\/x-www-form/.test(type)) {
    return { form: new URLSearchParams(await request.text()) };
  }
  return /\bjson\b/.test(type) ? { json: await request.json() } : {};
}
