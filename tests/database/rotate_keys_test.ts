import assert from "node:assert/strict";
import { randomToken, sha256 } from "@shared/core/crypto.ts";
import { createVault, type Vault } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";
import { enqueueRotation, rotateKeys } from "@shared/connections/rotate_keys.ts";
import { sealed } from "@shared/connections/sealed.ts";
import { openTokens, sealTokens } from "@shared/connections/tokens.ts";
import { closeAccount, loadAccount, storeTokens } from "@shared/db/accounts.ts";
import { connect, type Database } from "@shared/db/client.ts";
import {
  refuseMissingKeys,
  resealRows,
  rowsToReseal,
  sealingKeys,
} from "@shared/db/sealing_keys.ts";
import { beginConnection, consumeState, consumeTicket, issueTicket } from "@shared/db/states.ts";
import { readRevocation } from "@shared/db/sync.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { KEYS, rotateOnePage } from "../support/key_rotation.ts";
import { addAccount, addPerson } from "../support/people.ts";

function vaultOf(...kids: readonly (keyof typeof KEYS)[]): Vault {
  const masters = new Map(kids.map((kid) => [kid, new Secret(KEYS[kid])]));
  return createVault({ active: kids[0] ?? "", masters });
}
const OLD = vaultOf("k1");
const BOTH = vaultOf("k2", "k1");
const NEW = vaultOf("k2");
const FIRST_ID = "00000000-0000-0000-0000-000000000000";

interface Rotation {
  readonly database: TestDatabase;
  readonly db: Database;
  readonly events: string[];
  /** The whole job, page by page; how many pages it took. */
  rotate(vault?: Vault, stopAfter?: number): Promise<number>;
}

async function withRotation(use: (rotation: Rotation) => Promise<void>): Promise<void> {
  await withDatabase(async (database) => {
    const db = connect({ url: new Secret(database.appUrl), max: 2, prepare: false });
    const events: string[] = [];
    try {
      await use({
        database,
        db,
        events,
        async rotate(vault = BOTH, stopAfter = Infinity) {
          const log = (_: string, event: string) => events.push(event);
          let [pages, cursor]: [number, string | undefined] = [0, undefined];
          do cursor = await rotateOnePage({ db, vault, log }, vault.activeKid, cursor); while (
            ++pages < stopAfter && cursor !== undefined
          );
          return pages;
        },
      });
    } finally {
      await db.close();
    }
  });
}

async function link({ app, admin }: TestDatabase) {
  const account = { ...await addAccount(app, await addPerson(admin)), provider: "oura" };
  const sealedTokens = await sealTokens(OLD, account, {
    accessToken: new Secret(`access of ${account.id}`),
    refreshToken: new Secret(`refresh of ${account.id}`),
  }, 1);
  await storeTokens(app, account.id, sealedTokens);
  return account;
}

async function refreshOf({ app }: TestDatabase, id: string, vault: Vault) {
  const account = await loadAccount(app, id);
  assert.ok(account);
  return (await openTokens(vault, account))?.refreshToken?.reveal();
}

/** A link in the making, with its callback's code. */
async function halfLinked({ app, admin }: TestDatabase) {
  const [state, ticket] = [randomToken(), randomToken()];
  const row = { id: crypto.randomUUID(), userId: await addPerson(admin), provider: "dexcom" };
  const seal = (column: "verifier" | "callback") =>
    OLD.seal(sealed(column, row), new Secret(`${column} of ${row.id}`));
  await beginConnection(app, {
    ...row,
    stateHash: sha256(state),
    region: "us",
    redirectUri: "https://project.example.com/callback",
    returnTo: "https://app.example.com/",
    uiId: null,
    verifierCt: await seal("verifier"),
  });
  await consumeState(app, sha256(state));
  await issueTicket(app, row.id, sha256(ticket), await seal("callback"));
  return { ...row, ticket };
}

Deno.test("keys.rotate seals tokens, links in the making and the outbox anew", async () => {
  await withRotation(async ({ database, db, rotate }) => {
    const account = await link(database);
    const leaving = await link(database);
    const revocationId = await closeAccount(database.app, leaving.id, {
      cause: "test",
      revoke: true,
    });
    const state = await halfLinked(database);
    assert.deepEqual(await db.query(sealingKeys), ["k1"]);
    await rotate();
    assert.deepEqual(await db.query(sealingKeys), ["k2"]);
    assert.equal(await refreshOf(database, account.id, NEW), `refresh of ${account.id}`);
    const grant = await readRevocation(database.app, revocationId ?? "");
    assert.ok(grant);
    const revoked = await openTokens(NEW, { ...grant, id: grant.accountId });
    assert.equal(revoked?.refreshToken?.reveal(), `refresh of ${leaving.id}`);
    const ticket = await consumeTicket(database.app, sha256(state.ticket));
    assert.ok(ticket?.verifierCt);
    for (
      const [column, text] of [["verifier", ticket.verifierCt], [
        "callback",
        ticket.callbackCt,
      ]] as const
    ) {
      assert.equal(
        (await NEW.open(sealed(column, state), text)).reveal(),
        `${column} of ${state.id}`,
      );
    }
  });
});

Deno.test("keys.rotate goes on where it was cut off, and changes no version", async () => {
  await withRotation(async ({ database, rotate }) => {
    const accounts = await Promise.all(Array.from({ length: 110 }, () => link(database)));
    await rotate(BOTH, 1);
    const underNew = () =>
      database
        .admin`select from raphael_private.account_tokens where access_ct like 'v1.k2.%' and refresh_ct like 'v1.k2.%'`;
    assert.equal((await underNew()).length, 100, "one batch");
    await rotate();
    assert.equal((await underNew()).length, 110);
    const [versions] = await database.admin`
      select min(token_version), max(token_version), max(refresh_epoch) as epoch from raphael_private.account_tokens`;
    assert.deepEqual({ ...versions }, { min: 1, max: 1, epoch: 0 });
    for (const { id } of accounts) {
      assert.equal(await refreshOf(database, id, NEW), `refresh of ${id}`);
    }
  });
});

Deno.test("reseal_rows() leaves a row alone that was refreshed since it was read", async () => {
  await withRotation(async ({ database, db }) => {
    const account = await link(database);
    const place = "account_tokens";
    const [old] = await db.query((sql) =>
      rowsToReseal(sql, { place, kid: "k2", after: FIRST_ID, limit: 10 })
    );
    assert.ok(old);
    const newer = await sealTokens(BOTH, account, {
      accessToken: new Secret("newer access"),
      refreshToken: new Secret("newer refresh"),
    }, 2);
    await storeTokens(database.app, account.id, newer);
    const late = { old, first: "v1.k2.stale.stale", second: "v1.k2.stale.stale" };
    assert.equal(await db.query((sql) => resealRows(sql, place, [late])), 0);
    assert.equal(await refreshOf(database, account.id, NEW), "newer refresh");
  });
});

Deno.test("keys.rotate passes over what does not open, and says so", async () => {
  await withRotation(async ({ database, events, rotate }) => {
    const [good, bad] = [await link(database), await link(database)];
    await database.admin`
      update raphael_private.account_tokens set refresh_ct = (
        select o.refresh_ct from raphael_private.account_tokens o where o.account_id = ${good.id})
      where account_id = ${bad.id}`;
    await rotate();
    assert.equal(await refreshOf(database, good.id, NEW), `refresh of ${good.id}`);
    assert.equal(events.filter((event) => event === "key_not_rotated").length, 1);
  });
});

Deno.test("keys.rotate waits where another key is the active one", async () => {
  await withRotation(async ({ database, db }) => {
    await link(database);
    const outcome = await rotateKeys({ db, vault: OLD, log: () => {} })({
      payload: { kid: "k2" },
      attempt: 1,
      createdAt: new Date(),
      signal: new AbortController().signal,
    });
    assert.equal(outcome.kind, "snooze");
    assert.deepEqual(await db.query(sealingKeys), ["k1"]);
  });
});

Deno.test("enqueueRotation() queues one job where an older key is in use, else none", async () => {
  await withRotation(async ({ database, db, rotate }) => {
    const jobs = async () =>
      (await database
        .admin`select payload from raphael_private.sync_jobs where kind = 'keys.rotate'`)
        .map(({ payload }) => payload);
    await link(database);
    await enqueueRotation({ db, vault: OLD });
    assert.deepEqual(await jobs(), []);
    await enqueueRotation({ db, vault: BOTH });
    await enqueueRotation({ db, vault: BOTH });
    assert.deepEqual(await jobs(), [{ kid: "k2" }]);
    await database.admin`delete from raphael_private.sync_jobs`;
    await rotate();
    await enqueueRotation({ db, vault: BOTH });
    assert.deepEqual(await jobs(), []);
  });
});

Deno.test("refuseMissingKeys() names each key that is in use and not there, with how much it seals", async () => {
  await withRotation(async ({ database, db, rotate }) => {
    await link(database);
    await link(database);
    await halfLinked(database);
    const check = (...held: string[]) => db.query((sql) => refuseMissingKeys(sql, new Set(held)));
    await check("k1");
    await check("k1", "k2");
    await assert.rejects(check("k2"), {
      message: "Cannot start: ENCRYPTION_KEYS lacks keys that are in use: k1 (4 values)",
    });
    await rotate();
    await check("k2");
    await assert.rejects(check("k1"), /lacks keys that are in use: k2 \(4 values\)/);
  });
});
