import { sha256 } from "../core/crypto.ts";
import type { Vault } from "../core/envelope.ts";
import type { SealedTokens } from "../db/accounts.ts";
import type { OAuthTokens } from "../providers/link.ts";
import { sealedToken } from "./sealed.ts";

export interface TokenHolder {
  readonly id: string;
  readonly userId: string;
  readonly provider: string;
}

/** Tokens ready to be stored, bound to the account and to `tokenVersion`. */
export async function sealTokens(
  vault: Vault,
  account: TokenHolder,
  tokens: OAuthTokens,
  tokenVersion: number,
): Promise<SealedTokens> {
  const { accessToken, refreshToken, expiresAt } = tokens;
  return {
    tokenVersion,
    accessCt: await vault.seal(sealedToken("access_token", account, tokenVersion), accessToken),
    refreshCt: refreshToken
      ? await vault.seal(sealedToken("refresh_token", account, tokenVersion), refreshToken)
      : null,
    fingerprint: refreshToken ? sha256(refreshToken.reveal()) : null,
    expiresAt: expiresAt ?? null,
  };
}

/** Stored tokens, opened; nothing where the account has none. Throws where they were tampered with. */
export async function openTokens(
  vault: Vault,
  account: TokenHolder & {
    readonly tokenVersion: number | null;
    readonly accessCt: string | null;
    readonly refreshCt: string | null;
  },
): Promise<OAuthTokens | undefined> {
  const { tokenVersion, accessCt, refreshCt } = account;
  if (tokenVersion === null || accessCt === null) return undefined;
  return {
    accessToken: await vault.open(sealedToken("access_token", account, tokenVersion), accessCt),
    ...(refreshCt === null ? {} : {
      refreshToken: await vault.open(
        sealedToken("refresh_token", account, tokenVersion),
        refreshCt,
      ),
    }),
  };
}
