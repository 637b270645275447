import assert from "node:assert/strict";
import { createVault } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";
import { access, renew } from "@shared/connections/access.ts";
import { openTokens, sealTokens } from "@shared/connections/tokens.ts";
import { closeAccount, loadAccount, storeTokens } from "@shared/db/accounts.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { readRevocation } from "@shared/db/sync.ts";
import type { ConfiguredProvider } from "@shared/providers/configured.ts";
import oura from "@shared/providers/oura.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { KEY } from "../support/environment.ts";
import { addAccount, addPerson, plain } from "../support/people.ts";
import { type PretendProvider, withProvider } from "../support/provider_server.ts";

const vault = createVault({ active: "k1", masters: new Map([["k1", new Secret(KEY)]]) });
const FRESH = { access_token: "access-2", refresh_token: "refresh-2", expires_in: 3_600 };
const okay = () => Response.json({ token_type: "bearer", ...FRESH });
const refusal = (error: string, status = 400) => () => Response.json({ error }, { status });

interface World {
  readonly database: TestDatabase;
  readonly db: Database;
  readonly provider: PretendProvider;
  readonly id: string;
  readonly refused: unknown[];
  renew(
    change?: { timeLeftMs?: number; waitSeconds?: number; rotates?: false; vault?: typeof vault },
  ): ReturnType<typeof renew>;
  row(): Promise<{ status: string; cause: string | null; state: string; version: number }>;
}

/** A linked account whose tokens are `access-1` and `refresh-1`, and a provider that answers so. */
async function withLinked(
  answer: (world: World) => Response | Promise<Response>,
  use: (world: World) => Promise<void>,
): Promise<void> {
  await withDatabase(async (database) => {
    const db = connect({ url: new Secret(database.appUrl), max: 2, prepare: false });
    let world: World | undefined;
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

async function link({ app, admin }: TestDatabase, name = "1") {
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
): World {
  const refused: unknown[] = [];
  const { client } = provider.context();
  return {
    database,
    db,
    provider,
    id,
    refused,
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
      const log = (_: string, event: string, fields = {}) => refused.push({ event, ...fields });
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

const IDLE = { status: "active", cause: null, state: "idle", version: 1 };

Deno.test("refresh() stores the new pair, sealed for the next version, and answers with it", async () => {
  await withLinked(okay, async ({ renew, row, provider }) => {
    const renewed = await renew();
    assert.ok(renewed.kind === "open");
    assert.equal(renewed.ref.accessToken?.reveal(), "access-2");
    assert.deepEqual(await row(), { ...IDLE, version: 2 });
    assert.match(provider.requests[0]?.body ?? "", /refresh_token=refresh-1/);
  });
});

Deno.test("refresh() keeps the refresh token where the answer brings none", async () => {
  const answer = () => Response.json({ token_type: "bearer", access_token: "access-2" });
  await withLinked(answer, async ({ renew, id, database }) => {
    assert.equal((await renew()).kind, "open");
    const account = await loadAccount(database.app, id);
    assert.ok(account);
    const tokens = await openTokens(vault, account);
    assert.deepEqual([tokens?.accessToken.reveal(), tokens?.refreshToken?.reveal()], [
      "access-2",
      "refresh-1",
    ]);
  });
});

Deno.test("refresh() does not begin what could end half-way, or what may not be sent", async () => {
  await withLinked(okay, async ({ renew, row, provider }) => {
    const late = await renew({ timeLeftMs: 74_999 });
    assert.deepEqual([late.kind, "seconds" in late && late.seconds], ["wait", 15]);
    const gated = await renew({ waitSeconds: 40 });
    assert.deepEqual([gated.kind, "seconds" in gated && gated.seconds], ["wait", 40]);
    assert.deepEqual([await row(), provider.requests.length], [IDLE, 0]);
    assert.equal((await renew({ timeLeftMs: 75_000 })).kind, "open");
  });
});

Deno.test("refresh() that the provider wants later leaves the token alone until then", async () => {
  const answer = () => new Response(null, { status: 429, headers: { "retry-after": "120" } });
  await withLinked(answer, async ({ renew, row, provider }) => {
    const first = await renew();
    assert.deepEqual([first.kind, "seconds" in first && first.seconds], ["wait", 120]);
    const second = await renew();
    assert.ok(second.kind === "wait" && second.seconds > 110, "nor does another job ask");
    assert.equal(provider.requests.length, 1);
    assert.deepEqual(await row(), IDLE);
  });
});

Deno.test("refresh() is in doubt after no answer, half an answer or a 500", async () => {
  for (
    const answer of [() => new Response('{"access'), () => new Response(null, { status: 500 })]
  ) {
    await withLinked(answer, async ({ renew, row }) => {
      assert.equal((await renew()).kind, "wait");
      assert.deepEqual(await row(), { ...IDLE, state: "uncertain" });
    });
  }
});

Deno.test("refresh() ends the account where the provider refuses a token that is in no doubt", async () => {
  await withLinked(refusal("invalid_grant"), async ({ renew, row, refused, id }) => {
    assert.deepEqual(await renew(), { kind: "reauthorize", cause: "revoked" });
    assert.deepEqual(await row(), { ...IDLE, status: "error", cause: "revoked", state: "dead" });
    assert.deepEqual(refused, [
      { event: "needs_reauth", account: id, provider: "oura", cause: "revoked" },
    ]);
  });
});

Deno.test("refresh() waits with a refused token in doubt only where tokens rotate", async () => {
  let answer = () => new Response(null, { status: 500 });
  await withLinked(() => answer(), async ({ renew, row, database }) => {
    await renew();
    answer = refusal("invalid_grant");
    const goOn = () =>
      database.admin`update raphael_private.account_tokens set refresh_not_before = now()`;
    await goOn();
    assert.equal((await renew()).kind, "wait");
    assert.equal((await row()).state, "uncertain");
    await goOn();
    assert.deepEqual(await renew({ rotates: false }), { kind: "reauthorize", cause: "revoked" });
  });
});

Deno.test("refresh() ends nobody's link where it is our own client that is refused", async () => {
  await withLinked(refusal("invalid_client", 401), async ({ renew, row }) => {
    await assert.rejects(renew(), /rejected with status 401/);
    assert.deepEqual(await row(), IDLE);
  });
});

Deno.test("refresh() whose account is closed meanwhile leaves what it got to be revoked", async () => {
  const closing = async ({ database: { app }, id }: World) => {
    await closeAccount(app, id, { cause: "disconnected", revoke: true });
    return okay();
  };
  await withLinked(closing, async ({ renew, database: { admin, app }, id }) => {
    assert.deepEqual(await renew(), { kind: "reauthorize", cause: "gone" });
    const [job] = await admin<{ payload: { revocationId: string } }[]>`
      select payload from raphael_private.sync_jobs where kind = 'connection.revoke'`;
    const grant = await readRevocation(app, job?.payload.revocationId ?? "");
    assert.ok(grant);
    const tokens = await openTokens(vault, { ...grant, id: grant.accountId });
    assert.equal(grant.accountId, id);
    assert.equal(tokens?.refreshToken?.reveal(), "refresh-2");
    assert.equal(
      (await admin`select from raphael_private.revocations`).length,
      2,
      "and the old pair",
    );
  });
});

Deno.test("a token that was moved between rows ends its account, and no provider is asked", async () => {
  await withLinked(okay, async ({ renew, row, database, id, provider }) => {
    const other = await link(database, "other");
    await database.admin`
      update raphael_private.account_tokens t set refresh_ct = o.refresh_ct
      from raphael_private.account_tokens o where t.account_id = ${id} and o.account_id = ${other.id}`;
    assert.deepEqual(await renew(), { kind: "reauthorize", cause: "tokens_damaged" });
    assert.equal(provider.requests.length, 0);
    assert.deepEqual(await row(), { ...IDLE, status: "error", cause: "tokens_damaged" });
  });
});

Deno.test("a token in plain text is damaged too", async () => {
  await withLinked(okay, async ({ renew, database, id, provider }) => {
    await database.admin`
      update raphael_private.account_tokens set access_ct = 'access', refresh_ct = 'refresh'
      where account_id = ${id}`;
    assert.deepEqual(await renew(), { kind: "reauthorize", cause: "tokens_damaged" });
    assert.equal(provider.requests.length, 0);
  });
});

Deno.test("a key that is missing here is waited for: no link ends by an operator's mistake", async () => {
  await withLinked(okay, async ({ renew, row, provider, refused, id }) => {
    const other = createVault({
      active: "k2",
      masters: new Map([["k2", new Secret(KEY.replace("A", "B"))]]),
    });
    const waiting = await renew({ vault: other });
    assert.deepEqual([waiting.kind, "reason" in waiting && waiting.reason], [
      "wait",
      "Cannot open tokens: key k1 is not configured",
    ]);
    assert.deepEqual(refused, [{ event: "key_missing", account: id, kid: "k1" }]);
    assert.deepEqual([await row(), provider.requests.length], [IDLE, 0]);
  });
});

Deno.test("access() refreshes what ends within some minutes, not all at the same moment", async () => {
  await withDatabase(async (database) => {
    const db = connect({ url: new Secret(database.appUrl), max: 2, prepare: false });
    const asked: string[] = [];
    const until = async (seconds: number) => {
      const { id } = await link(database);
      await database.admin`
        update raphael_private.account_tokens set expires_at = now() + make_interval(secs => ${seconds})
        where account_id = ${id}`;
      const isolate = {
        timeLeftMs: () => (asked.push(id), 0),
        keep() {},
        idle: () => Promise.resolve(),
      };
      const stub: ConfiguredProvider = {
        driver: oura,
        client: { id: "test", secret: new Secret("test") },
        region: "",
        context: () => assert.fail("no provider is asked"),
        admit: () => assert.fail(),
        release: () => Promise.resolve(),
        browserUrl: (url) => url,
      };
      const providers = { get: () => stub, all: () => [stub] };
      await access({ db, vault, log: () => {}, isolate, providers }, id);
      return asked.includes(id);
    };
    try {
      assert.equal(await until(290), true);
      assert.equal(await until(370), false);
      const between = await Promise.all(Array.from({ length: 24 }, () => until(331)));
      assert.equal(new Set(between).size, 2, "some now, some later");
    } finally {
      await db.close();
    }
  });
});
