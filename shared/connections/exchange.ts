import type { ConfiguredProvider } from "../providers/configured.ts";
import type { Linked, Received } from "./received.ts";

/** Turns what the callback brought into a proved account. Throws `ProviderError`. */
export async function exchange(
  provider: ConfiguredProvider,
  state: {
    readonly redirectUri: string;
    readonly region: string;
    readonly verifier: string | undefined;
  },
  received: Received,
  signal: AbortSignal,
): Promise<Linked> {
  if (received.kind === "linked") return received.linked;
  const { link } = provider.driver;
  const ctx = provider.context(signal, { urgency: "interactive" });
  const region = state.region ? { region: state.region } : {};
  if (received.kind === "widget" && link.kind === "widget") {
    return await link.confirm(
      { reference: received.reference, callback: new URLSearchParams(received.query) },
      ctx,
    );
  }
  if (received.kind !== "code" || link.kind !== "oauth2") {
    throw new Error("Cannot link account: the callback is of another kind of link");
  }
  const tokens = await link.exchangeCodeForTokens({
    code: received.code,
    redirectUri: state.redirectUri,
    ...(state.verifier ? { codeVerifier: state.verifier } : {}),
    ...(received.grantedScope ? { grantedScope: received.grantedScope } : {}),
    ...region,
  }, ctx);
  const profile = await link.fetchProfile(
    { externalUserId: tokens.externalUserId ?? "", accessToken: tokens.accessToken, ...region },
    ctx,
  );
  return { ...profile, tokens, ...(tokens.scopes ? { scopes: tokens.scopes } : {}) };
}
