import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from "jose";
import { createVerifier } from "@shared/http/auth.ts";
import { ProblemError } from "@shared/core/problems.ts";
import { fixedKeys, remoteKeys } from "@shared/http/jwks.ts";

const ISSUER_URL = new URL("https://project.supabase.test/auth/v1/.well-known/jwks.json");

async function key(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, use: "sig" },
    sign: (as = kid) =>
      new SignJWT({}).setProtectedHeader({ alg: "ES256", kid: as }).sign(privateKey),
  };
}

/** An issuer whose keys, reachability and our clock a test moves. */
function issuer(...keys: JSONWebKeySet["keys"]) {
  const state = { keys, down: false, calls: 0, now: 1_000_000_000_000 };
  const answer = () => {
    state.calls++;
    return state.down
      ? Promise.reject(new TypeError("connection refused"))
      : Promise.resolve(Response.json({ keys: state.keys }));
  };
  const verify = createVerifier(
    remoteKeys(ISSUER_URL, { fetch: answer, now: () => new Date(state.now) }),
  );
  const judge = async (token: string) => {
    try {
      await verify(token);
      return "accept";
    } catch (error) {
      assert.ok(error instanceof ProblemError);
      return error.problem;
    }
  };
  return { state, judge, pass: (minutes: number) => state.now += minutes * 60_000 };
}

const [one, two] = [await key("one"), await key("two")];

Deno.test("remoteKeys() fetches once for many, and never accepts without a key", async () => {
  const { state, judge } = issuer(one.jwk);
  state.down = true;
  assert.equal(await judge(await one.sign()), "unavailable");
  state.down = false;
  const token = await one.sign();
  const verdicts = await Promise.all(Array.from({ length: 20 }, () => judge(token)));
  assert.deepEqual(new Set(verdicts), new Set(["accept"]));
  assert.equal(state.calls, 2);
});

Deno.test("remoteKeys() keeps verifying for 10 minutes of outage, then refuses", async () => {
  const { state, judge, pass } = issuer(one.jwk);
  const token = await one.sign();
  assert.equal(await judge(token), "accept");
  state.down = true;
  pass(9.9);
  assert.equal(await judge(token), "accept");
  pass(0.2);
  assert.equal(await judge(token), "unavailable");
  state.down = false;
  pass(0.6);
  assert.equal(await judge(token), "accept");
});

Deno.test("remoteKeys() learns a new key by one fetch and forgets a withdrawn one", async () => {
  const { state, judge, pass } = issuer(one.jwk);
  const [old, fresh] = [await one.sign(), await two.sign()];
  assert.equal(await judge(old), "accept");
  state.keys = [two.jwk];
  pass(0.6);
  assert.equal(await judge(fresh), "accept");
  assert.equal(state.calls, 2);
  assert.equal(await judge(old), "session_invalid");
});

Deno.test("remoteKeys() asks at most once in 30 s, however many unknown key ids come", async () => {
  const { state, judge, pass } = issuer(one.jwk);
  assert.equal(await judge(await one.sign()), "accept");
  pass(1);
  for (let i = 0; i < 200; i++) {
    assert.equal(await judge(await one.sign(`random-${i}`)), "session_invalid");
  }
  assert.equal(state.calls, 2);
});

Deno.test("remoteKeys() cannot tell a new key from a forged one during an outage: try later", async () => {
  const { state, judge, pass } = issuer(one.jwk);
  assert.equal(await judge(await one.sign()), "accept");
  state.down = true;
  pass(1);
  assert.equal(await judge(await two.sign()), "unavailable");
  assert.equal(await judge(await one.sign()), "accept");
});

Deno.test("fixedKeys() takes public keys for signatures and no others", async () => {
  const token = await one.sign();
  for (const bad of [{ use: "enc" }, { key_ops: ["encrypt"] }, { d: "AA" }]) {
    const verify = createVerifier(fixedKeys({ keys: [{ ...one.jwk, ...bad }] }));
    await assert.rejects(verify(token), ProblemError, JSON.stringify(bad));
  }
  await createVerifier(fixedKeys({ keys: [one.jwk] }))(token);
});
