import type { Vault } from "../core/envelope.ts";
import { Secret } from "../core/secret.ts";
import type { OAuthTokens } from "../providers/link.ts";
import { sealed } from "./sealed.ts";

/** An account at the provider, proved: whose it is, and what opens it. */
export interface Linked {
  readonly externalUserId: string;
  readonly timeZone?: string;
  readonly via?: string;
  readonly scopes?: readonly string[];
  /** Absent where the link has none (widgets). */
  readonly tokens?: OAuthTokens;
}

/** What a callback brought: kept sealed until the ticket is presented. */
export type Received =
  | { readonly kind: "code"; readonly code: string; readonly grantedScope?: string }
  | { readonly kind: "widget"; readonly reference: string; readonly query: string }
  | { readonly kind: "linked"; readonly linked: Linked };

/** Plain text for the vault: the one place where tokens are written out. */
export function writeReceived(received: Received): string {
  if (received.kind !== "linked") return JSON.stringify(received);
  const { tokens, ...rest } = received.linked;
  return JSON.stringify({
    kind: "linked",
    linked: rest,
    tokens: tokens && {
      access: tokens.accessToken.reveal(),
      refresh: tokens.refreshToken?.reveal(),
      expiresAt: tokens.expiresAt?.toISOString(),
      scopes: tokens.scopes,
    },
  });
}

export function readReceived(text: string): Received {
  const value = JSON.parse(text);
  if (value.kind !== "linked") return value;
  const t = value.tokens;
  const tokens = t && {
    accessToken: new Secret(t.access),
    ...(t.refresh ? { refreshToken: new Secret(t.refresh) } : {}),
    ...(t.expiresAt ? { expiresAt: new Date(t.expiresAt) } : {}),
    ...(t.scopes ? { scopes: t.scopes } : {}),
  };
  return { kind: "linked", linked: { ...value.linked, ...(tokens ? { tokens } : {}) } };
}

/** The PKCE verifier of a state; nothing where its link has none. */
export async function openVerifier(
  vault: Vault,
  state: { id: string; userId: string; provider: string; verifierCt: string | null },
): Promise<string | undefined> {
  if (state.verifierCt === null) return undefined;
  return (await vault.open(sealed("verifier", state), state.verifierCt)).reveal();
}
