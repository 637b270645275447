/** The refresh of `shared/connections` against a token provider of the test's, crash points included. */
import { createVault, type Vault, type VaultKeys } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";
import { renew } from "@shared/connections/access.ts";
import { REFRESH_TIMES } from "@shared/connections/refresh.ts";
import { openTokens, sealTokens } from "@shared/connections/tokens.ts";
import { failAccount, loadAccount, storeTokens } from "@shared/db/accounts.ts";
import { connect, type Database } from "@shared/db/client.ts";
import type { ConfiguredProvider } from "@shared/providers/configured.ts";
import type { Rotation } from "@shared/providers/link.ts";
import oura from "@shared/providers/oura.ts";
import { pause } from "./plan.ts";

/** Where a worker dies, as the fault plan has it. */
export const CRASH_POINTS = [
  "before_send",
  "after_send",
  "after_response",
  "before_commit",
  "after_commit",
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

export interface TokenPlan {
  readonly databaseUrl: string;
  readonly providerUrl: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly active: string;
  readonly accounts: readonly string[];
  /** Refreshes under way at once. */
  readonly lanes: number;
  readonly times?: Partial<typeof REFRESH_TIMES>;
  readonly rotation?: Rotation;
  /** Loads, exchanges, stores: the control that must fail. */
  readonly naive?: true;
  /** Of so many refreshes, each is cut off by the death of the process. */
  readonly crash?: { readonly points: readonly CrashPoint[]; readonly share: number };
  /** An answer in hand is announced, and stored so much later. */
  readonly holdAnswersMs?: number;
  /** Rotates keys as well, over and over. */
  readonly rotateKeys?: true;
}

export type Refreshed = "fresh" | "wait" | "dead";

export interface TokenClient {
  readonly db: Database;
  readonly vault: Vault;
  /** Refreshes now, whatever the clock says, and uses the new token. */
  refresh(accountId: string): Promise<Refreshed>;
}

type Log = (level: string, event: string, fields?: Record<string, unknown>) => void;

export function vaultOf({ keys, active }: Pick<TokenPlan, "keys" | "active">): Vault {
  const masters: VaultKeys["masters"] = new Map(
    Object.entries(keys).map(([kid, key]) => [kid, new Secret(key)]),
  );
  return createVault({ active, masters });
}

export function createTokenClient(plan: TokenPlan, log: Log): TokenClient {
  Object.assign(REFRESH_TIMES, plan.times);
  const vault = vaultOf(plan);
  const db = connect({
    url: new Secret(plan.databaseUrl),
    max: Math.min(plan.lanes, 8),
    prepare: true,
    warn: (event, reason) => log("warn", event, { reason }),
  });
  const isolate = { timeLeftMs: () => Infinity, keep: () => {}, idle: () => Promise.resolve() };
  const driver = plan.rotation && oura.link.kind === "oauth2"
    ? { ...oura, link: { ...oura.link, rotation: plan.rotation } }
    : oura;

  return {
    db,
    vault,
    async refresh(accountId) {
      const account = await db.query((sql) => loadAccount(sql, accountId));
      if (account?.status !== "active") return "dead";
      const crash = crashOf(plan, log);
      const provider = providerOf(plan.providerUrl, driver, crash);
      const deps = { db: crash.around(db), vault, log, isolate, providers: NO_PROVIDERS };
      const renewed = await (plan.naive ? naively : renew)(deps, provider, account);
      if (renewed.kind !== "open") return renewed.kind === "wait" ? "wait" : "dead";
      if (driver.link.kind === "oauth2") {
        // The first use of the new token ends what `until_use` forgave. Another may have rotated since.
        await driver.link.fetchProfile(renewed.ref, provider.context(AbortSignal.timeout(5_000)))
          .catch(() => log("info", "use_refused"));
      }
      return "fresh";
    },
  };
}

const NO_PROVIDERS = { get: () => undefined, all: () => [] };

function providerOf(
  base: string,
  driver: ConfiguredProvider["driver"],
  crash: Crash,
): ConfiguredProvider {
  const client = { id: "test-client", secret: new Secret("test-key-client") };
  const reach: typeof fetch = (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    return crash.fetch(request.method, () => fetch(new Request(base + pathname, request)));
  };
  return {
    driver,
    client,
    region: "",
    context: (signal) => ({ client, fetch: reach, now: () => new Date(), signal }),
    admit: () => Promise.resolve({ kind: "pass", watched: false }),
    release: () => Promise.resolve(),
    browserUrl: (url) => url,
  };
}

/** What every simple integration does: no lease, no note before, whoever comes last wins. */
const naively: typeof renew = async (deps, provider, account) => {
  const { link } = provider.driver;
  const tokens = await openTokens(deps.vault, account);
  if (link.kind !== "oauth2" || !tokens) return { kind: "reauthorize", cause: "no_tokens" };
  const ref = { externalUserId: account.externalUserId };
  try {
    const fresh = await link.refreshTokens(
      tokens,
      ref,
      provider.context(AbortSignal.timeout(5_000)),
    );
    const sealed = await sealTokens(deps.vault, account, fresh, (account.tokenVersion ?? 0) + 1);
    await deps.db.query((sql) => storeTokens(sql, account.id, sealed));
    return { kind: "open", provider, account, ref: { ...ref, accessToken: fresh.accessToken } };
  } catch {
    await deps.db.query((sql) => failAccount(sql, account, "revoked"));
    return { kind: "reauthorize", cause: "revoked" };
  }
};

interface Crash {
  fetch(method: string, send: () => Promise<Response>): Promise<Response>;
  around(db: Database): Database;
}

/** The points of one refresh: the first statement after the provider's answer is its commit. */
function crashOf({ crash, holdAnswersMs }: TokenPlan, log: Log): Crash {
  const chosen = crash && Math.random() < crash.share
    ? crash.points[Math.floor(Math.random() * crash.points.length)]
    : undefined;
  let answered = false;
  async function at(point: CrashPoint): Promise<void> {
    if (point !== chosen) return;
    log("info", "crash", { reason: point });
    Deno.kill(Deno.pid, "SIGKILL");
    await new Promise(() => {});
  }
  return {
    async fetch(method, send) {
      if (method !== "POST") return await send();
      await at("before_send");
      const sent = send();
      if (chosen === "after_send") await pause(10);
      await at("after_send");
      const response = await sent;
      await at("after_response");
      answered = response.ok;
      return response;
    },
    around: (db) => ({
      ...db,
      async query(work, deadlineMs) {
        if (!answered) return await db.query(work, deadlineMs);
        answered = false;
        if (holdAnswersMs !== undefined) {
          log("info", "answer_in_hand");
          await pause(holdAnswersMs);
        }
        await at("before_commit");
        const result = await db.query(work, deadlineMs);
        await at("after_commit");
        return result;
      },
    }),
  };
}
