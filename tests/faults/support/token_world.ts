import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { openTokens, sealTokens } from "@shared/connections/tokens.ts";
import { loadAccount, storeTokens } from "@shared/db/accounts.ts";
import type { Sql } from "postgres";
import { type TestDatabase, withDatabase } from "../../support/database.ts";
import { KEYS } from "../../support/key_rotation.ts";
import { addAccount, addPerson } from "../../support/people.ts";
import { eventually } from "./plan.ts";
import { createTokenClient, type TokenPlan, vaultOf } from "./token_client.ts";
import {
  startTokenProvider,
  type TokenProvider,
  type TokenProviderOptions,
} from "./token_provider.ts";
import { type Workers, workersOf } from "./workers.ts";

/** Minutes made seconds: the same code, another clock. */
export const FAST = { leaseSeconds: 1, patienceSeconds: 2, requestMs: 10_000 } as const;

export interface Found {
  readonly healthy: number;
  /** Ended, and the provider would not take the stored token either. */
  readonly deadLost: number;
  /** Ended, though the provider would take it. Must be 0. */
  readonly deadSpurious: number;
  /** Open, with a token that the provider refuses. Must be 0. */
  readonly silentBroken: number;
  /** Tokens that no key of ours opens. Must be 0. */
  readonly unreadable: number;
}

export interface TokenWorld {
  readonly admin: Sql;
  readonly provider: TokenProvider;
  readonly accounts: readonly string[];
  /** Workers of this plan, ended with the test. */
  workers(change?: Partial<TokenPlan>): Workers;
  /** No faults any more: every refresh that is in doubt is tried until its outcome is known. */
  settle(): Promise<void>;
  /** Holds what is stored, opened with these keys, against what the provider knows. */
  check(keys?: Readonly<Record<string, string>>): Promise<Found>;
}

interface Options extends TokenProviderOptions {
  readonly accounts: number;
  readonly plan?: Partial<TokenPlan>;
}

export async function withTokens(
  options: Options,
  use: (world: TokenWorld) => Promise<void>,
): Promise<void> {
  await withDatabase((database) => runWorld(database, options, use));
}

/** As `withTokens`, on a database that the test may crash. */
export async function runWorld(
  { admin, app, appUrl }: Pick<TestDatabase, "admin" | "app" | "appUrl">,
  { accounts: count, plan: change, ...rest }: Options,
  use: (world: TokenWorld) => Promise<void>,
): Promise<void> {
  const provider = startTokenProvider(rest);
  const plan = (accounts: readonly string[]): TokenPlan => ({
    databaseUrl: appUrl,
    providerUrl: provider.url,
    keys: KEYS,
    active: "k1",
    accounts,
    lanes: 4,
    ...change,
  });
  const crews: Workers[] = [];
  try {
    const accounts: string[] = [];
    while (accounts.length < count) {
      const some = Array.from({ length: Math.min(20, count - accounts.length) });
      accounts.push(...await Promise.all(some.map(() => link(admin, app, provider))));
    }
    await use({
      admin,
      provider,
      accounts,
      workers(more) {
        const args = [JSON.stringify({ ...plan(accounts), ...more })];
        const crew = workersOf("token_worker.ts", { args });
        crews.push(crew);
        return crew;
      },
      settle: () => settle(admin, plan(accounts)),
      check: (keys = KEYS) => check(app, provider, { keys, accounts }),
    });
  } finally {
    await Promise.all(crews.map((crew) => crew.stop()));
    await provider.close();
  }
}

async function link(admin: Sql, app: Sql, provider: TokenProvider): Promise<string> {
  const account = { ...await addAccount(app, await addPerson(admin)), provider: "oura" };
  const { access, refresh } = provider.grant(account.id);
  const sealed = await sealTokens(vaultOf({ keys: KEYS, active: "k1" }), account, {
    accessToken: new Secret(access),
    refreshToken: new Secret(refresh),
  }, 1);
  await storeTokens(app, account.id, sealed);
  return account.id;
}

async function settle(admin: Sql, plan: TokenPlan): Promise<void> {
  const { naive: _, crash: __, ...rest } = plan;
  const client = createTokenClient({ ...rest, times: { ...plan.times, ...FAST } }, () => {});
  try {
    const settled = await eventually(async () => {
      const open = await admin<{ id: string }[]>`
        select account_id as id from raphael_private.account_tokens
        where refresh_state in ('in_flight', 'uncertain')`;
      await Promise.all(open.map(({ id }) => client.refresh(id).catch(() => {})));
      return open.length === 0;
    }, 60_000);
    assert.ok(settled, "a refresh stays in doubt for ever");
  } finally {
    await client.db.close();
  }
}

async function check(
  app: Sql,
  provider: TokenProvider,
  { keys, accounts }: Pick<TokenPlan, "keys" | "accounts">,
): Promise<Found> {
  const vault = vaultOf({ keys, active: Object.keys(keys)[0] ?? "" });
  const found = { healthy: 0, deadLost: 0, deadSpurious: 0, silentBroken: 0, unreadable: 0 };
  for (const id of accounts) {
    const account = await loadAccount(app, id);
    assert.ok(account);
    const tokens = await openTokens(vault, account).catch(() => undefined);
    const refresh = tokens?.refreshToken?.reveal();
    if (refresh === undefined) {
      found.unreadable++;
      continue;
    }
    const taken = provider.takes(id, refresh);
    if (account.status === "active") found[taken ? "healthy" : "silentBroken"]++;
    else found[taken ? "deadSpurious" : "deadLost"]++;
  }
  return found;
}

/** Lets workers finish what they have in hand. */
export async function finish(
  workers: readonly { send(s: Deno.Signal): void; ended: Promise<unknown> }[],
) {
  for (const worker of workers) worker.send("SIGTERM");
  await Promise.all(workers.map((worker) => worker.ended));
}
