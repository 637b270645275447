import assert from "node:assert/strict";
import { rememberVerified } from "@shared/http/verified.ts";

function counting() {
  let [at, asked] = [0, 0];
  const verify = rememberVerified((token) => {
    asked++;
    return token.startsWith("good") ? Promise.resolve({ token }) : Promise.reject(new Error("no"));
  }, () => new Date(at));
  return { verify, pass: (ms: number) => void (at += ms), asked: () => asked };
}

Deno.test("rememberVerified() checks a good token once in five minutes, each for itself", async () => {
  const { verify, pass, asked } = counting();
  const first = await verify("good 1");
  assert.equal(await verify("good 1"), first);
  assert.deepEqual(await verify("good 2"), { token: "good 2" });
  assert.equal(asked(), 2);
  pass(299_999);
  await verify("good 1");
  assert.equal(asked(), 2);
  pass(1);
  await verify("good 1");
  await verify("good 1");
  assert.equal(asked(), 3);
});

Deno.test("rememberVerified() refuses a bad token each time anew, and what it was told stays", async () => {
  const { verify, asked } = counting();
  await verify("good");
  for (let n = 0; n < 1_500; n++) await assert.rejects(verify("bad"));
  assert.equal(asked(), 1_501);
  await verify("good");
  assert.equal(asked(), 1_501);
});

Deno.test("rememberVerified() forgets the oldest of more than a thousand", async () => {
  const { verify, asked } = counting();
  for (let n = 0; n <= 1_000; n++) await verify(`good ${n}`);
  await verify("good 1");
  assert.equal(asked(), 1_001);
  await verify("good 0");
  assert.equal(asked(), 1_002);
});
