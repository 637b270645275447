/** What a browser and its person do on a provider's pages: nothing here knows the provider's protocol. */
import { StackFailure } from "../failure.ts";
import type { Sandbox } from "../sandbox/server.ts";

export interface ConsentOptions {
  readonly authUrl: string;
  /** Person of the sandbox. */
  readonly who: string;
  readonly stackUrl: string;
  readonly sandbox: Pick<Sandbox, "url">;
}

/** Opens the provider's page, allows everything, follows back to the app; gives the ticket it brings. */
export async function giveConsent(options: ConsentOptions): Promise<string> {
  const { authUrl, who, stackUrl, sandbox } = options;
  if (!authUrl.startsWith(`${sandbox.url}/`)) {
    throw new StackFailure(`Cannot open ${new URL(authUrl).origin}: it is not the sandbox`);
  }
  const html = await (await visit(authUrl, 200)).text();
  const form = new URLSearchParams({ person: who, decision: "allow" });
  for (const [, scope] of html.matchAll(/name="scope" value="([^"]+)"/g)) {
    if (scope) form.append("scope", scope);
  }
  const device = /<select name="resource">.*?<option>([^<]+)/s.exec(html)?.[1];
  if (device) form.set("resource", device);

  const callback = await redirectOf(await visit(authUrl, 302, form));
  if (!callback.href.startsWith(`${stackUrl}/functions/v1/oauth-callback/`)) {
    throw new StackFailure(`Cannot follow the provider: it sends people to ${callback.pathname}`);
  }
  const app = await redirectOf(await visit(callback.href, 302));
  const ticket = app.searchParams.get("connect_ticket") ??
    new URLSearchParams(app.hash.slice(1)).get("connect_ticket");
  if (!ticket) {
    throw new StackFailure(`Cannot link: the app got ${app.search || "no ticket"}`);
  }
  return ticket;
}

/** Reads what `who` would copy from their own site's admin page. */
export async function readOwnToken(
  sandbox: Pick<Sandbox, "url">,
  who: string,
): Promise<{ readonly site: string; readonly token: string }> {
  const html = await (await visit(`${sandbox.url}/nightscout/admin`, 200)).text();
  for (const [, site, id, token] of html.matchAll(/<li>(\S+) <code id="([^"]+)">([^<]+)</g)) {
    if (site && token && id === who) return { site, token };
  }
  throw new StackFailure(`Cannot find a token of ${who} on the admin page`);
}

async function visit(url: string, expected: number, form?: URLSearchParams): Promise<Response> {
  const response = await fetch(url, {
    redirect: "manual",
    ...(form ? { method: "POST", body: form } : {}),
  });
  const isRedirect = response.status === 302 || response.status === 303;
  if (expected === 302 ? isRedirect : response.status === expected) return response;
  const text = (await response.text()).replaceAll(/\s+/g, " ").slice(0, 300);
  throw new StackFailure(`Cannot visit ${new URL(url).pathname}: ${response.status} ${text}`);
}

async function redirectOf(response: Response): Promise<URL> {
  await response.body?.cancel();
  return new URL(response.headers.get("location") ?? "", response.url);
}
