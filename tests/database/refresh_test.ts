import assert from "node:assert/strict";
import { openTokens } from "@shared/connections/tokens.ts";
import { closeAccount, loadAccount } from "@shared/db/accounts.ts";
import { readRevocation } from "@shared/db/sync.ts";
import { IDLE, type LinkedWorld, okay, vault, withLinked } from "../support/linked.ts";

const refusal = (error: string, status = 400) => () => Response.json({ error }, { status });

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
  await withLinked(refusal("invalid_grant"), async ({ renew, row, logged, id }) => {
    assert.deepEqual(await renew(), { kind: "reauthorize", cause: "revoked" });
    assert.deepEqual(await row(), { ...IDLE, status: "error", cause: "revoked", state: "dead" });
    assert.deepEqual(logged, [
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
  const closing = async ({ database: { app }, id }: LinkedWorld) => {
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
