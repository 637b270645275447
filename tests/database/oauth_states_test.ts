import assert from "node:assert/strict";
import type { Sql } from "@shared/db/client.ts";
import { randomToken, sha256 } from "@shared/core/crypto.ts";
import {
  beginConnection,
  consumeState,
  consumeTicket,
  findOpenState,
  issueTicket,
} from "@shared/db/states.ts";
import { withDatabase } from "../support/database.ts";
import { addPerson, atOnce, raised } from "../support/people.ts";

async function begin(sql: Sql, userId: string, provider = "oura") {
  const state = randomToken();
  const id = crypto.randomUUID();
  const expiresAt = await beginConnection(sql, {
    stateHash: sha256(state),
    id,
    userId,
    provider,
    region: "",
    redirectUri: `https://project.example.com/functions/v1/oauth-callback/${provider}`,
    returnTo: "https://app.example.com/",
    uiId: "oura-ring",
    verifierCt: "sealed-verifier",
  });
  return { state, id, expiresAt };
}

async function issue(sql: Sql, id: string): Promise<string> {
  const ticket = randomToken();
  await issueTicket(sql, id, sha256(ticket), "sealed-callback");
  return ticket;
}

Deno.test("consume_state() gives the row to one of 20 callbacks at once, and never again", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const { state, id } = await begin(app, userId);
    const { values, errors } = await atOnce(20, () => consumeState(app, sha256(state)));
    assert.deepEqual(errors, []);
    const winners = values.filter((value) => value !== undefined);
    assert.equal(winners.length, 1);
    assert.deepEqual({ ...winners[0] }, {
      id,
      userId,
      provider: "oura",
      region: "",
      redirectUri: "https://project.example.com/functions/v1/oauth-callback/oura",
      returnTo: "https://app.example.com/",
      uiId: "oura-ring",
      verifierCt: "sealed-verifier",
    });
    assert.equal(await consumeState(app, sha256(state)), undefined);
    assert.equal(await consumeState(app, sha256(randomToken())), undefined);
  });
});

Deno.test("consume_state() goes by the database's clock: 10 minutes", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const { state, expiresAt } = await begin(app, userId);
    const seconds = (expiresAt.getTime() - Date.now()) / 1_000;
    assert.ok(seconds > 590 && seconds <= 605, String(seconds));
    await admin`update raphael_private.oauth_states set expires_at = now() - interval '1 second'`;
    assert.equal(await consumeState(app, sha256(state)), undefined);
    await admin`update raphael_private.oauth_states set expires_at = now() + interval '1 second'`;
    assert.ok(await consumeState(app, sha256(state)));
  });
});

Deno.test("begin_connection() stores the state as its hash alone", async () => {
  await withDatabase(async ({ app, admin }) => {
    const { state, id } = await begin(app, await addPerson(admin));
    await consumeState(app, sha256(state));
    const ticket = await issue(app, id);
    const [row] = await admin<[{ text: string; hash: Uint8Array }]>`
      select s::text as text, state_hash as hash from raphael_private.oauth_states s`;
    assert.deepEqual(new Uint8Array(row.hash), new Uint8Array(sha256(state)));
    for (const secret of [state, ticket]) {
      const hex = [...new TextEncoder().encode(secret)].map((byte) => byte.toString(16)).join("");
      assert.ok(!row.text.includes(secret) && !row.text.includes(hex));
    }
  });
});

Deno.test("consume_ticket() gives the row once, erases what was sealed, and lasts 3 minutes", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const { state, id } = await begin(app, userId);
    const early = await issue(app, id);
    assert.equal(
      await consumeTicket(app, sha256(early)),
      undefined,
      "no ticket before the callback",
    );
    await consumeState(app, sha256(state));
    const ticket = await issue(app, id);
    await issue(app, id);
    const { values } = await atOnce(20, () => consumeTicket(app, sha256(ticket)));
    const winners = values.filter((value) => value !== undefined);
    assert.equal(winners.length, 1, "and a second ticket did not replace it");
    assert.equal(winners[0]?.userId, userId);
    assert.equal(winners[0].callbackCt, "sealed-callback");
    assert.equal(winners[0].verifierCt, "sealed-verifier");
    const [row] = await admin`select verifier_ct, callback_ct from raphael_private.oauth_states`;
    assert.deepEqual({ ...row }, { verifier_ct: null, callback_ct: null });

    const late = await begin(app, userId);
    await consumeState(app, sha256(late.state));
    const expired = await issue(app, late.id);
    const [{ seconds }] = await admin<[{ seconds: number }]>`
      select extract(epoch from ticket_expires_at - now())::float8 as seconds
      from raphael_private.oauth_states where id = ${late.id}`;
    assert.ok(seconds > 170 && seconds <= 180);
    await admin`
      update raphael_private.oauth_states set ticket_expires_at = now() - interval '1 second'`;
    assert.equal(await consumeTicket(app, sha256(expired)), undefined);
  });
});

Deno.test("begin_connection() lets a person have 20 open at once, also in a burst, and others theirs", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const { values } = await atOnce(19, () => begin(app, userId));
    const twentyFirst = await app.begin(async (tx) => {
      await begin(tx, userId);
      const waiting = assert.rejects(begin(app, userId), raised("RH003"));
      // Time to count without the other, if it did not wait.
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { waiting };
    });
    await twentyFirst.waiting;
    await begin(app, await addPerson(admin));
    await consumeState(app, sha256(values[0]?.state ?? ""));
    await begin(app, userId);
    await assert.rejects(begin(app, userId), raised("RH003"));
    await admin`update raphael_private.oauth_states set expires_at = now()`;
    await begin(app, userId);
  });
});

Deno.test("find_open_state() tells who began a widget's session, used or not, for an hour", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const { state } = await begin(app, userId, "terra");
    await consumeState(app, sha256(state));
    const found = await findOpenState(app, sha256(state), "terra");
    assert.deepEqual({ ...found }, { userId, region: "", uiId: "oura-ring" });
    assert.equal(await findOpenState(app, sha256(state), "oura"), undefined);
    await admin`update raphael_private.oauth_states set created_at = now() - interval '61 minutes'`;
    assert.equal(await findOpenState(app, sha256(state), "terra"), undefined);
  });
});
