import type { Bytes } from "../core/bytes.ts";
import { sha256 } from "../core/crypto.ts";
import { ProblemError } from "../core/problems.ts";
import { failAccount, loadAccount, type StoredAccount } from "../db/accounts.ts";
import {
  beginRefresh,
  commitRefresh,
  doubtRefresh,
  rejectRefresh,
  releaseRefresh,
} from "../db/tokens.ts";
import type { ConfiguredProvider } from "../providers/configured.ts";
import { ProviderError } from "../providers/errors.ts";
import type { OAuth2Link, OAuthTokens } from "../providers/link.ts";
import type { ConnectionDeps } from "./deps.ts";
import { openTokens, sealTokens } from "./tokens.ts";

export type RefreshResult =
  | { readonly kind: "fresh"; readonly account: StoredAccount }
  /** Another is at it, or its outcome is unknown: ask again. */
  | { readonly kind: "wait"; readonly seconds: number; readonly reason: string }
  | { readonly kind: "reauthorize"; readonly cause: string };

type Deps = Pick<ConnectionDeps, "db" | "vault" | "log">;

/** Longer than the request may take: it is never cut off early, for that alone loses tokens. */
const LEASE_SECONDS = 60;
const REQUEST_MS = 45_000;
const MAX_UNCERTAIN_ROUNDS = 4;
const COMMIT_PAUSES_MS = [100, 500, 2_000, 5_000, 10_000, 20_000];

/**
 * Exchanges the refresh token for a new pair: one at a time for each account, written down before it
 * starts, stored before it is used. See docs/decisions/0011-token-refresh.md.
 */
export async function refresh(
  deps: Deps,
  provider: ConfiguredProvider,
  account: StoredAccount,
): Promise<RefreshResult> {
  const { link } = provider.driver;
  if (link.kind !== "oauth2" || account.tokenVersion === null) {
    return { kind: "reauthorize", cause: "no_tokens" };
  }
  const seen = account.tokenVersion;
  const { verdict, epoch } = await deps.db.query((sql) =>
    beginRefresh(sql, account.id, seen, LEASE_SECONDS)
  );
  switch (verdict) {
    case "fresh":
      return await reload(deps, account.id);
    case "busy":
      return { kind: "wait", seconds: 1, reason: "Cannot refresh token: another worker is at it" };
    case "none":
      return await giveUp(deps, account, "no_refresh_token");
    case "go":
      return await exchange(deps, provider, link, account, epoch);
  }
}

async function exchange(
  deps: Deps,
  provider: ConfiguredProvider,
  link: OAuth2Link,
  account: StoredAccount,
  epoch: number,
): Promise<RefreshResult> {
  const tokens = await openTokens(deps.vault, account);
  if (!tokens?.refreshToken) return await giveUp(deps, account, "no_refresh_token");
  const consumed = sha256(tokens.refreshToken.reveal());
  let fresh: OAuthTokens;
  try {
    fresh = await link.refreshTokens(
      tokens,
      {
        externalUserId: account.externalUserId,
        ...(account.region ? { region: account.region } : {}),
      },
      provider.context(AbortSignal.timeout(REQUEST_MS)),
    );
  } catch (error) {
    return await judge(deps, account, { error, epoch, consumed });
  }
  const version = (account.tokenVersion ?? 0) + 1;
  const sealed = await sealTokens(
    deps.vault,
    account,
    // An answer without a refresh token leaves the old one in force (RFC 6749 section 6).
    { ...fresh, refreshToken: fresh.refreshToken ?? tokens.refreshToken },
    version,
  );
  // The old token may be dead by now and the new one is only in this memory: keep trying.
  const stored = await insist(() =>
    deps.db.query((sql) => commitRefresh(sql, account.id, consumed, sealed))
  );
  if (!stored) deps.log("warn", "refresh_superseded", { account: account.id });
  return await reload(deps, account.id);
}

/** What a failed exchange means. Only a refusal of the token that is still stored ends the link. */
async function judge(
  deps: Deps,
  account: StoredAccount,
  p: { error: unknown; epoch: number; consumed: Bytes },
): Promise<RefreshResult> {
  const failure = p.error instanceof ProviderError ? p.error.failure : undefined;
  const reason = p.error instanceof ProviderError
    ? p.error.message
    : "Cannot refresh token: no answer";
  if (failure?.kind === "reauthorize") {
    const verdict = await deps.db.query((sql) =>
      rejectRefresh(sql, account.id, {
        consumed: p.consumed,
        epoch: p.epoch,
        maxRounds: MAX_UNCERTAIN_ROUNDS,
      })
    );
    switch (verdict) {
      case "fresh":
        return await reload(deps, account.id);
      case "gone":
        return { kind: "reauthorize", cause: "gone" };
      case "stale":
      case "uncertain":
        return { kind: "wait", seconds: 2, reason };
      case "revoked":
      case "lost_rotation":
        return await giveUp(deps, account, verdict);
    }
  }
  if (failure?.kind === "rate_limited" || failure?.kind === "rejected") {
    await deps.db.query((sql) => releaseRefresh(sql, account.id, p.epoch));
    if (failure.kind === "rejected") throw p.error;
    return { kind: "wait", seconds: failure.retryAfter, reason };
  }
  // Within a provider's grace time the same token still works: soon, and not in half an hour.
  await deps.db.query((sql) => doubtRefresh(sql, account.id, p.epoch));
  return { kind: "wait", seconds: 2, reason };
}

async function giveUp(deps: Deps, account: StoredAccount, cause: string): Promise<RefreshResult> {
  const failed = await deps.db.query((sql) => failAccount(sql, account, cause));
  if (failed) {
    deps.log("warn", "needs_reauth", { account: account.id, provider: account.provider, cause });
  }
  return { kind: "reauthorize", cause };
}

async function reload(deps: Deps, id: string): Promise<RefreshResult> {
  const account = await deps.db.query((sql) => loadAccount(sql, id));
  if (account?.status === "active" && account.accessCt !== null) return { kind: "fresh", account };
  return { kind: "reauthorize", cause: "gone" };
}

async function insist<T>(attempt: () => Promise<T>): Promise<T> {
  for (const pause of COMMIT_PAUSES_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem !== "unavailable") throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return await attempt();
}
