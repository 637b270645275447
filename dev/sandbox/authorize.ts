import type { Context } from "hono";
import { consentPage, refusalPage } from "./consent_page.ts";
import type { Issuer, OAuthClient } from "./oauth.ts";
import { isPersonId, PEOPLE } from "./person.ts";

export interface AuthorizeOptions {
  readonly provider: string;
  readonly client: OAuthClient;
  readonly issuer: Issuer;
  readonly scopes: readonly string[];
  /** Whether the person may untick scopes, and the redirect tells which are left (Oura). */
  readonly partialScopes: boolean;
  /** What stands between scopes, where it is not a space (Strava). */
  readonly scopeSeparator?: string;
  /** Shortest `state` that is taken (WHOOP: 8). */
  readonly minStateLength?: number;
  /** Parameters beyond RFC 6749 that this provider adds to the good redirect. */
  readonly echoScope: boolean;
}

/** `GET` shows the consent page, `POST` is the person's answer; the query holds the request both times. */
export async function authorize(c: Context, options: AuthorizeOptions): Promise<Response> {
  const query = new URL(c.req.url).searchParams;
  const redirectUri = query.get("redirect_uri") ?? onlyRegistered(options.client);
  const refusal = check(query, redirectUri, options);
  // A request that cannot be trusted is never answered by a redirect (RFC 6749 section 4.1.2.1).
  if (refusal || !redirectUri) {
    return c.html(refusalPage(options.provider, refusal ?? "no redirect_uri"), 400);
  }
  const back = (params: Readonly<Record<string, string>>) => {
    const url = new URL(redirectUri);
    for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
    const state = query.get("state");
    if (state !== null) url.searchParams.set("state", state);
    return c.redirect(url.href, 302);
  };
  if (query.get("response_type") !== "code") return back({ error: "unsupported_response_type" });
  if ((query.get("state") ?? "").length < (options.minStateLength ?? 0)) {
    return back({ error: "invalid_state" });
  }
  const separator = options.scopeSeparator ?? " ";
  const asked = query.get("scope")?.split(separator).filter(Boolean) ?? [];
  // An empty scope means everything the app has.
  const scopes = asked.length ? asked : [...options.scopes];
  if (scopes.some((scope) => !options.scopes.includes(scope))) {
    return back({ error: "invalid_scope" });
  }
  if (c.req.method === "GET") {
    const { provider, client } = options;
    const boxes = options.partialScopes ? scopes : [];
    return c.html(consentPage({ provider, clientId: client.id, people: PEOPLE, scopes: boxes }));
  }
  const form = await c.req.formData();
  if (form.get("decision") !== "allow") return back({ error: "access_denied" });
  const person = String(form.get("person") ?? "");
  if (!isPersonId(person)) return c.html(refusalPage(options.provider, "nobody signed in"), 400);
  const ticked = form.getAll("scope").map(String).filter((scope) => scopes.includes(scope));
  const granted = options.partialScopes ? ticked : scopes;
  const code = options.issuer.issueCode({ person, redirectUri, scopes: granted });
  return back({ code, ...(options.echoScope ? { scope: granted.join(separator) } : {}) });
}

function check(
  query: URLSearchParams,
  redirectUri: string | undefined,
  { client }: AuthorizeOptions,
): string | undefined {
  if (query.get("client_id") !== client.id) return "unknown client_id";
  if (!redirectUri || !URL.canParse(redirectUri)) return "no redirect_uri";
  if (client.redirectUris && !client.redirectUris.includes(redirectUri)) {
    return "redirect_uri is not registered";
  }
  return undefined;
}

function onlyRegistered(client: OAuthClient): string | undefined {
  return client.redirectUris?.length === 1 ? client.redirectUris[0] : undefined;
}
