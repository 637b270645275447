import { sha256 } from "../core/crypto.ts";
import { ProblemError } from "../core/problems.ts";
import { loadAccount, type SealedTokens, type StoredAccount } from "../db/accounts.ts";
import { enqueue } from "../db/jobs.ts";
import {
  beginRefresh,
  commitRefresh,
  type CommitVerdict,
  doubtRefresh,
  leaveRevocation,
  type RefreshRequest,
  rejectRefresh,
  releaseRefresh,
} from "../db/tokens.ts";
import type { ConfiguredProvider } from "../providers/configured.ts";
import { ProviderError } from "../providers/errors.ts";
import type { Pass } from "../providers/gate.ts";
import type { OAuth2Link, OAuthTokens } from "../providers/link.ts";
import type { ConnectionDeps } from "./deps.ts";
import { giveUp, noteReauthorize, type Reauthorize, unseal, type Wait } from "./stored_tokens.ts";
import { sealTokens } from "./tokens.ts";

export type RefreshResult =
  | { readonly kind: "fresh"; readonly account: StoredAccount }
  | Wait
  | Reauthorize;

type Deps = Pick<ConnectionDeps, "db" | "vault" | "log" | "isolate">;

/** One clock for all of it: fault tests run it faster. */
export const REFRESH_TIMES = {
  /** Longer than the request may take, so that it ends with its worker and not before. */
  leaseSeconds: 60,
  /** A request is never cut off early: that alone loses tokens (62 more in 1,000, measured). */
  requestMs: 45_000,
  /** A token in doubt may be refused for so long: whoever holds its successor brings it by then. */
  patienceSeconds: 60,
  /** Request, commit and some: with less of the isolate's life left, another does it. */
  neededMs: 75_000,
};
const OTHER_ISOLATE_SECONDS = 15;
const LONGEST_PAUSE_MS = 2_000;
/** Of failures that are not the database's absence. */
const COMMIT_TRIES = 5;

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
  if (deps.isolate.timeLeftMs() < REFRESH_TIMES.neededMs) {
    return {
      kind: "wait",
      seconds: OTHER_ISOLATE_SECONDS,
      reason: "Cannot refresh token: this isolate ends soon",
    };
  }
  const opened = await unseal(deps, account);
  if (opened.kind !== "tokens") return opened;
  const { tokens } = opened;
  if (!tokens?.refreshToken) return await giveUp(deps, account, "no_refresh_token");
  const consumed = sha256(tokens.refreshToken.reveal());

  // Before the row says that a request is out: a wait there would be a doubt.
  const pass = await provider.admit("token");
  if (pass.kind === "wait") {
    const reason = "Cannot refresh token: the provider is given time";
    return { kind: "wait", seconds: pass.seconds, reason };
  }
  const seen = account.tokenVersion;
  const { verdict, epoch, waitSeconds } = await deps.db.query((sql) =>
    beginRefresh(sql, account.id, seen, REFRESH_TIMES.leaseSeconds)
  );
  if (verdict !== "go") await provider.release(pass);
  switch (verdict) {
    case "fresh":
      return await reload(deps, account.id);
    case "busy":
      return {
        kind: "wait",
        seconds: waitSeconds,
        reason: "Cannot refresh token: another worker is at it",
      };
    case "none":
      return await giveUp(deps, account, "no_refresh_token");
    case "go": {
      const admitted = { provider, pass, link, account, tokens };
      const exchanged = exchange(deps, admitted, { epoch, consumed });
      deps.isolate.keep(exchanged);
      return await exchanged;
    }
  }
}

interface Exchange {
  readonly pass: Pass;
  readonly provider: ConfiguredProvider;
  readonly link: OAuth2Link;
  readonly account: StoredAccount;
  readonly tokens: OAuthTokens;
}

async function exchange(
  deps: Deps,
  { provider, pass, link, account, tokens }: Exchange,
  request: RefreshRequest,
): Promise<RefreshResult> {
  let fresh: OAuthTokens;
  try {
    fresh = await link.refreshTokens(
      tokens,
      {
        externalUserId: account.externalUserId,
        ...(account.region ? { region: account.region } : {}),
      },
      provider.context(AbortSignal.timeout(REFRESH_TIMES.requestMs), { urgency: "token", pass }),
    );
  } catch (error) {
    return await judge(deps, { account, link, error }, request);
  }
  // An answer without a refresh token leaves the old one in force (RFC 6749 section 6).
  const refreshToken = fresh.refreshToken ?? tokens.refreshToken;
  const { verdict, sealed } = await store(deps, { account, link }, request, {
    ...fresh,
    ...(refreshToken ? { refreshToken } : {}),
  });
  if (verdict === "gone") return await leave(deps, { account, link }, sealed);
  if (verdict === "stale") {
    return { kind: "wait", seconds: 1, reason: "Cannot store token: another worker is at it" };
  }
  if (verdict !== "stored") deps.log("warn", `refresh_${verdict}`, { account: account.id });
  return await reload(deps, account.id);
}

/** The old token may be dead by now and the new one is only in this memory: nothing comes before this. */
async function store(
  deps: Deps,
  { account, link }: Pick<Exchange, "account" | "link">,
  request: RefreshRequest,
  fresh: OAuthTokens,
): Promise<{ readonly verdict: Exclude<CommitVerdict, "sibling">; readonly sealed: SealedTokens }> {
  // A token that lives until its successor is used needs no late answer: it is good for another.
  const storeLate = link.rotation.kind !== "until_use";
  for (let version = (account.tokenVersion ?? 0) + 1;; version++) {
    const sealed = await sealTokens(deps.vault, account, fresh, version);
    const verdict = await insist(() =>
      deps.db.query((sql) => commitRefresh(sql, account.id, request, sealed, storeLate))
    );
    if (verdict !== "sibling") return { verdict, sealed };
  }
}

/** The account was closed while its tokens were on the way: the provider is to forget them too. */
async function leave(
  deps: Deps,
  { account, link }: Pick<Exchange, "account" | "link">,
  sealed: SealedTokens,
): Promise<RefreshResult> {
  if (link.revokeTokens) {
    await insist(() =>
      deps.db.transaction(async (tx) => {
        const revocationId = await leaveRevocation(tx, account, sealed);
        await enqueue(tx, [{ kind: "connection.revoke", payload: { revocationId } }]);
      })
    );
  }
  return { kind: "reauthorize", cause: "gone" };
}

/** What a failed exchange means. Only a refusal of the token that is still stored ends the link. */
async function judge(
  deps: Deps,
  { account, link, error }: Pick<Exchange, "account" | "link"> & { readonly error: unknown },
  request: RefreshRequest,
): Promise<RefreshResult> {
  const { id } = account;
  const known = error instanceof ProviderError ? error : undefined;
  const reason = known?.message ?? "Cannot refresh token: no answer";
  const failure = known?.failure;
  switch (failure?.kind) {
    case "reauthorize": {
      // Where tokens do not rotate there is nothing to lose, and so nothing to wait for.
      const patience = link.rotation.kind === "none" ? 0 : REFRESH_TIMES.patienceSeconds;
      const verdict = await deps.db.query((sql) => rejectRefresh(sql, id, request, patience));
      if (verdict === "fresh") return await reload(deps, id);
      if (verdict === "stale" || verdict === "uncertain") {
        return { kind: "wait", seconds: 1, reason };
      }
      if (verdict !== "gone") noteReauthorize(deps, account, verdict);
      return { kind: "reauthorize", cause: verdict };
    }
    case "rate_limited":
      await deps.db.query((sql) => releaseRefresh(sql, id, request.epoch, failure.retryAfter));
      return { kind: "wait", seconds: failure.retryAfter, reason };
    case "rejected":
      await deps.db.query((sql) => releaseRefresh(sql, id, request.epoch, 0));
      throw error;
    default:
      // Within a provider's time of grace the same token still works: soon, and not in half an hour.
      await deps.db.query((sql) => doubtRefresh(sql, id, request.epoch));
      return { kind: "wait", seconds: 1, reason };
  }
}

async function reload(deps: Deps, id: string): Promise<RefreshResult> {
  const account = await deps.db.query((sql) => loadAccount(sql, id));
  if (account?.status === "active" && account.accessCt !== null) return { kind: "fresh", account };
  return { kind: "reauthorize", cause: "gone" };
}

/** Tries for as long as the database is away: until this isolate ends. */
async function insist<T>(attempt: () => Promise<T>): Promise<T> {
  let failures = 0;
  for (let pause = 50;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      const away = error instanceof ProblemError && error.problem === "unavailable";
      if (!away && ++failures >= COMMIT_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
