import assert from "node:assert/strict";
import { createVault } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";
import { renew } from "@shared/connections/access.ts";
import { sealTokens } from "@shared/connections/tokens.ts";
import { loadAccount, storeTokens } from "@shared/db/accounts.ts";
import { connect, type Database } from "@shared/db/client.ts";
import type { ConfiguredProvider } from "@shared/providers/configured.ts";
import oura from "@shared/providers/oura.ts";
import { type TestDatabase, withDatabase } from "./database.ts";
import { KEY } from "./environment.ts";
import { addAccount, addPerson, plain } from "./people.ts";
import { type PretendProvider, withProvider } from "./provider_server.ts";

export const vault = createVault({ active: "k1", masters: new Map([["k1", new Secret(KEY)]]) });

/** A token endpoint's good answer. */
export const okay = () =>
  Response.json({
    token_type: "bearer",
    access_token: "access-2",
    refresh_token: "refresh-2",
    expires_in: 3_600,
  });

export interface LinkedWorld {
  readonly database: TestDatabase;
  readonly db: Database;
  readonly provider: PretendProvider;
  readonly id: string;
  readonly logged: unknown[];
  renew(
    change?: { timeLeftMs?: number; waitSeconds?: number; rotates?: false; vault?: typeof vault },
  ): ReturnType<typeof renew>;
  row(): Promise<{ status: string; cause: string | null; state: string; version: number }>;
}

/** A linked account whose tokens are `access-1` and `refresh-1`, and a provider that answers so. */
export async function withLinked(
  answer: (world: LinkedWorld) => Response | Promise<Response>,
  use: (world: LinkedWorld) => Promise<void>,
): Promise<void> {
  await withDatabase(async (database) => {
    const db = connect({ url: new Secret(database.appUrl), max: 2, prepare: false });
    let world: LinkedWorld | undefined;
    try {
      await withProvider(() => answer(world ?? assert.fail()), async (provider) => {
        const { id } = await link(database);
        world = worldOf(database, db, provider, id);
        await use(world);
      });
    } finally {
      await db.close();
    }
  });
}

export async function link({ app, admin }: TestDatabase, name = "1") {
  const account = { ...await addAccount(app, await addPerson(admin)), provider: "oura" };
  const sealed = await sealTokens(vault, account, {
    accessToken: new Secret(`access-${name}`),
    refreshToken: new Secret(`refresh-${name}`),
    expiresAt: new Date(Date.now() + 60_000),
  }, 1);
  await storeTokens(app, account.id, sealed);
  return account;
}

function worldOf(
  database: TestDatabase,
  db: Database,
  provider: PretendProvider,
  id: string,
): LinkedWorld {
  const logged: unknown[] = [];
  const { client } = provider.context();
  return {
    database,
    db,
    provider,
    id,
    logged,
    async renew({ timeLeftMs = Infinity, waitSeconds, rotates, vault: other = vault } = {}) {
      const driver = rotates === false && oura.link.kind === "oauth2"
        ? { ...oura, link: { ...oura.link, rotation: { kind: "none" } as const } }
        : oura;
      const configured: ConfiguredProvider = {
        driver,
        client,
        region: "",
        context: (signal) => provider.context({ signal, now: new Date() }),
        admit: () =>
          Promise.resolve(
            waitSeconds === undefined
              ? { kind: "pass", watched: false }
              : { kind: "wait", seconds: waitSeconds },
          ),
        release: () => Promise.resolve(),
        browserUrl: (url) => url,
      };
      const account = await loadAccount(database.app, id);
      assert.ok(account);
      const isolate = {
        timeLeftMs: () => timeLeftMs,
        keep: () => {},
        idle: () => Promise.resolve(),
      };
      const log = (_: string, event: string, fields = {}) => logged.push({ event, ...fields });
      const providers = { get: () => configured, all: () => [configured] };
      return await renew({ db, vault: other, log, isolate, providers }, configured, account);
    },
    async row() {
      const [row] = plain(
        await database.admin<
          { status: string; cause: string | null; state: string; version: number }[]
        >`
          select a.status, a.cause, t.refresh_state as state, t.token_version as version
          from raphael.provider_accounts a join raphael_private.account_tokens t on t.account_id = a.id
          where a.id = ${id}`,
      );
      return row ?? assert.fail();
    },
  };
}

/** The account as it was linked. */
export const IDLE = { status: "active", cause: null, state: "idle", version: 1 };
