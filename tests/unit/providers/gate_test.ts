import assert from "node:assert/strict";
import { ProviderError } from "@shared/providers/errors.ts";
import {
  admit,
  type Call,
  gatedFetch,
  type Pass,
  type PassOutcome,
  type ProviderGate,
  type Urgency,
  type Wait,
} from "@shared/providers/gate.ts";
import { callProvider, readText } from "@shared/providers/kit/http.ts";
import { withProvider } from "../../support/provider_server.ts";

const PROVIDER = { slug: "oura", hosts: ["api.example.com"] };
const ADDRESS = "https://api.example.com/v2/sleep";
const PASS: Pass = { kind: "pass", slot: "a slot", watched: true };
const NEVER = new AbortController().signal;
const now = () => new Date("2026-03-01T12:00:00Z");

/** Answers as told, the last one for ever, and remembers what it was asked and told. */
function gateOf(...answers: readonly (Pass | Wait)[]) {
  const asked: Urgency[] = [];
  const told: PassOutcome[] = [];
  const gate: ProviderGate = {
    enter(_provider, urgency) {
      const answer = answers[Math.min(asked.push(urgency), answers.length) - 1];
      return answer ? Promise.resolve(answer) : Promise.reject(new Error("no answer"));
    },
    leave(_slug, _pass, outcome) {
      told.push(outcome);
      return Promise.resolve();
    },
  };
  return { gate, asked, told };
}

/** Calls once, or as often as said, through the kit's own door. */
async function call(
  gate: ProviderGate,
  respond: () => Response | Promise<Response>,
  p: { readonly times?: number; readonly call?: Call; readonly signal?: AbortSignal } = {},
): Promise<{ readonly requests: number; readonly error: unknown }> {
  const { times = 1, signal = new AbortController().signal } = p;
  let [requests, error]: [number, unknown] = [0, undefined];
  await withProvider(respond, async (provider) => {
    const ctx = provider.context({ signal });
    const fetch = gatedFetch(ctx.fetch, gate, PROVIDER, { call: p.call ?? {}, now });
    try {
      for (let n = 0; n < times; n++) {
        const answer = await callProvider(PROVIDER, new Request(ADDRESS), { ...ctx, fetch });
        await answer.body?.cancel();
      }
    } catch (thrown) {
      error = thrown;
    }
    requests = provider.requests.length;
  });
  return { requests, error };
}

const ok = () => new Response("{}");

Deno.test("gatedFetch() asks for each request, and sends none where it has to wait", async () => {
  const open = gateOf(PASS);
  assert.deepEqual(await call(open.gate, ok, { times: 3 }), { requests: 3, error: undefined });
  assert.deepEqual(open.asked, ["pull", "pull", "pull"]);

  const shut = gateOf({ kind: "wait", seconds: 30 });
  const { requests, error } = await call(shut.gate, ok);
  assert.equal(requests, 0);
  assert.ok(error instanceof ProviderError);
  assert.deepEqual(error.failure, { kind: "rate_limited", retryAfter: 30 });
  assert.deepEqual(shut.told, []);
});

Deno.test("gatedFetch() uses a pass bought before, and holds up nothing that has begun", async () => {
  const { gate, asked } = gateOf(PASS);
  const { requests } = await call(gate, ok, { times: 3, call: { pass: PASS } });
  assert.equal(requests, 3);
  assert.deepEqual(asked, ["interactive", "interactive"]);
});

Deno.test("gatedFetch() says how it went: a refusal is no failure, a timeout is one, our giving up is none", async () => {
  const cases: readonly [Response, PassOutcome][] = [
    [new Response("{}"), { kind: "ok" }],
    [new Response(null, { status: 404 }), { kind: "ok" }],
    [new Response(null, { status: 401 }), { kind: "ok" }],
    [new Response(null, { status: 429, headers: { "retry-after": "7" } }), {
      kind: "limited",
      retryAfter: 7,
    }],
    [
      new Response(null, {
        status: 429,
        headers: { "retry-after": "Sun, 01 Mar 2026 12:01:30 GMT" },
      }),
      { kind: "limited", retryAfter: 90 },
    ],
    [new Response(null, { status: 503 }), { kind: "failed" }],
  ];
  for (const [response, outcome] of cases) {
    const { gate, told } = gateOf(PASS);
    await call(gate, () => response);
    assert.deepEqual(told, [outcome], `${response.status}`);
  }
  const hang = () => new Promise<Response>((resolve) => setTimeout(() => resolve(ok()), 200));
  const slow = gateOf(PASS);
  await call(slow.gate, hang, { signal: AbortSignal.timeout(20) });
  assert.deepEqual(slow.told, [{ kind: "failed" }]);
  const lost = gateOf(PASS);
  const lease = new AbortController();
  setTimeout(() => lease.abort(), 20);
  await call(lost.gate, hang, { signal: lease.signal });
  assert.deepEqual(lost.told, [{ kind: "unused" }]);
});

Deno.test("gatedFetch() hears the end of the body: one that stalls or breaks off is a failure, one let go is none", async () => {
  const started = (then: (body: ReadableStreamDefaultController) => void) => () =>
    new Response(
      new ReadableStream({
        start: (body) => body.enqueue(new Uint8Array([0x20])),
        // The first byte has to leave, or the headers do not either.
        pull: (body) => new Promise((resolve) => setTimeout(resolve, 50)).then(() => then(body)),
      }),
    );
  const stalls = started(() => {});
  const breaks = started((body) => body.error(new Error("cut on purpose")));
  const ends = started((body) => body.close());
  const read = async (respond: () => Response, signal: () => AbortSignal = () => NEVER) => {
    const { gate, told } = gateOf(PASS);
    const seen: string[] = [];
    await withProvider(respond, async (provider) => {
      const ctx = provider.context({ signal: signal() });
      const fetch = gatedFetch(ctx.fetch, gate, PROVIDER, { call: {}, now });
      const answer = await callProvider(PROVIDER, new Request(ADDRESS), { ...ctx, fetch });
      assert.deepEqual(told, [], "before its body was read");
      await readText(PROVIDER, answer).catch((error: ProviderError) => {
        seen.push(error.failure.kind);
        assert.equal(told.length, 1, "bad news comes first");
      });
    });
    return [...seen, ...told.map(({ kind }) => kind)];
  };
  assert.deepEqual(await read(ends), ["ok"]);
  assert.deepEqual(await read(breaks), ["unavailable", "failed"]);
  assert.deepEqual(await read(stalls, () => AbortSignal.timeout(200)), ["unavailable", "failed"]);
  const losing = () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    return controller.signal;
  };
  assert.deepEqual(await read(stalls, losing), ["unavailable", "unused"]);
});

Deno.test("gatedFetch() lets one person's used up budget stop nobody else", async () => {
  const { gate, told } = gateOf(PASS);
  const limits = [{ requests: 150, perSeconds: 3_600, scope: "account" }] as const;
  const full = () => Promise.resolve(new Response(null, { status: 429 }));
  const fetch = gatedFetch(full, gate, { ...PROVIDER, limits }, { call: {}, now });
  assert.equal((await fetch(ADDRESS)).status, 429);
  assert.deepEqual(told, [{ kind: "ok" }]);
});

Deno.test("admit() sleeps through a short wait, two seconds in all, and hands back a longer one", async () => {
  const short = gateOf({ kind: "wait", seconds: 0.02 }, { kind: "wait", seconds: 0.02 }, PASS);
  assert.deepEqual(await admit(short.gate, PROVIDER, "pull"), PASS);
  assert.equal(short.asked.length, 3);
  const long = gateOf({ kind: "wait", seconds: 1.2 });
  assert.deepEqual(await admit(long.gate, PROVIDER, "pull"), { kind: "wait", seconds: 1.2 });
  assert.equal(long.asked.length, 2);
});

Deno.test("gatedFetch() leaves nothing of an answer that a provider's conform did not read", async () => {
  const provider = { ...PROVIDER, conform: (response: Response) => Promise.resolve(response) };
  await withProvider(ok, async ({ context }) => {
    const ctx = context();
    const fetch = gatedFetch(ctx.fetch, gateOf(PASS).gate, provider, { call: {}, now });
    const answer = await callProvider(provider, new Request(ADDRESS), { ...ctx, fetch });
    // Would wait for ever on the other half.
    await answer.body?.cancel();
  });
});
