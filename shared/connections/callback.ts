import { randomToken, sha256 } from "../core/crypto.ts";
import { Secret } from "../core/secret.ts";
import { consumeState, issueTicket } from "../db/states.ts";
import type { ConfiguredProvider } from "../providers/configured.ts";
import { type ConnectionDeps, INTERACTIVE_MS } from "./deps.ts";
import { exchange } from "./exchange.ts";
import { slugOf } from "./find.ts";
import { openVerifier, type Received, writeReceived } from "./received.ts";
import { sealed } from "./sealed.ts";

type State = NonNullable<Awaited<ReturnType<typeof consumeState>>>;

/** What the app reads after the redirect: a closed list, for nothing of the provider's is echoed. */
type CallbackError =
  | "state_invalid"
  | "access_denied"
  | "provider_error"
  | "provider_not_configured";

/** A ticket lives 3 minutes; a code that lives less is exchanged at once. */
const TICKET_SECONDS = 180;
const MAX_PARAMETER = 4_096;

/**
 * Takes what the provider sent back with the person. The state is consumed by its hash alone, so one
 * that is brought to the wrong provider is burnt; what came with it is sealed until the same person
 * brings the ticket. Throws `provider_unknown` only: everything else is told by the redirect.
 */
export async function receive(
  deps: ConnectionDeps,
  request: { readonly provider: string; readonly query: URLSearchParams },
): Promise<{ location: string }> {
  const slug = slugOf(request.provider);
  const stateText = stateOf(request.query);
  const state = stateText && stateText.length <= 512
    ? await deps.db.query((sql) => consumeState(sql, sha256(stateText)))
    : undefined;
  if (!state || state.provider !== slug) {
    return redirect(deps.appUrl, { error: "state_invalid", provider: slug });
  }
  // Asked again: the list may have changed since the link began.
  const returnTo = deps.returnTo(state.returnTo)?.href ?? deps.appUrl;
  const outcome = await take(deps, slug, state, request.query);
  return typeof outcome === "string"
    ? redirect(returnTo, { error: outcome, provider: slug })
    : redirect(returnTo, { connect_ticket: outcome.ticket, provider: slug });
}

async function take(
  deps: ConnectionDeps,
  slug: string,
  state: State,
  query: URLSearchParams,
): Promise<CallbackError | { ticket: string }> {
  const provider = deps.providers.get(slug);
  if (!provider) return "provider_not_configured";
  if (query.has("error")) {
    return query.get("error") === "access_denied" ? "access_denied" : "provider_error";
  }
  let received: Received;
  try {
    const read = await readCallback(deps, provider, state, query);
    if (!read) return "provider_error";
    received = read;
  } catch (error) {
    deps.log("warn", "callback_refused", {
      provider: slug,
      reason: error instanceof Error ? error.message : "unknown",
    });
    return "provider_error";
  }
  const ticket = randomToken();
  const callbackCt = await deps.vault.seal(
    sealed("callback", state),
    new Secret(writeReceived(received)),
  );
  await deps.db.query((sql) => issueTicket(sql, state.id, sha256(ticket), callbackCt));
  return { ticket };
}

async function readCallback(
  deps: ConnectionDeps,
  provider: ConfiguredProvider,
  state: State,
  query: URLSearchParams,
): Promise<Received | undefined> {
  const { link } = provider.driver;
  if (link.kind === "widget") {
    return { kind: "widget", reference: stateOf(query) ?? "", query: query.toString() };
  }
  const code = single(query, "code");
  if (link.kind !== "oauth2" || !code || code.length > MAX_PARAMETER) return undefined;
  const grantedScope = single(query, "scope");
  const received = { kind: "code", code, ...(grantedScope ? { grantedScope } : {}) } as const;
  if (link.codeLifetimeSeconds >= TICKET_SECONDS) return received;
  const linked = await exchange(
    provider,
    { ...state, verifier: await openVerifier(deps.vault, state) },
    received,
    AbortSignal.timeout(INTERACTIVE_MS),
  );
  return { kind: "linked", linked };
}

/** Ours is `reference` where a widget's page comes back with a `state` of its own (Junction's "success"). */
function stateOf(query: URLSearchParams): string | undefined {
  return single(query, "reference") ?? single(query, "state");
}

/** The parameter, where it is there exactly once. */
function single(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name);
  return values.length === 1 && values[0] ? values[0] : undefined;
}

function redirect(to: string, parameters: Record<string, string>): { location: string } {
  const url = new URL(to);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { location: url.href };
}
