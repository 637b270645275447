import assert from "node:assert/strict";
import { z } from "zod";
import { callProvider, readJson } from "@shared/providers/kit/http.ts";
import { innerStatus } from "@shared/providers/kit/inner_status.ts";
import { withProvider } from "../../../support/provider_server.ts";

const IDENTITY = { slug: "test", hosts: ["provider.example"] };
const PROVIDER = {
  ...IDENTITY,
  conform: innerStatus(IDENTITY, (inner) => inner === 0 ? 200 : inner === 601 ? 429 : 401),
};

async function asked(body: unknown): Promise<unknown> {
  let answer: unknown;
  await withProvider(() => Response.json(body), async ({ context }) => {
    const request = new Request("https://provider.example/");
    const response = await callProvider(PROVIDER, request, context());
    answer = await readJson(PROVIDER, response, z.unknown());
  });
  return answer;
}

Deno.test("innerStatus() makes the status inside the answer's own", async () => {
  const good = { status: 0, body: { rows: [] } };
  assert.deepEqual(await asked(good), good);
  await assert.rejects(asked({ status: 601 }), {
    failure: { kind: "rate_limited", retryAfter: 60 },
  });
  await assert.rejects(asked({ status: 401 }), {
    failure: { kind: "reauthorize", cause: "token_rejected" },
  });
});

Deno.test("innerStatus() leaves alone what holds no number there", async () => {
  for (const body of [{ rows: [] }, { status: "0" }, [1]]) {
    assert.deepEqual(await asked(body), body);
  }
});
