import assert from "node:assert/strict";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import type { ProviderFailure } from "@shared/providers/errors.ts";
import { type PretendProvider, withProvider } from "../support/provider_server.ts";
import { broken, endless, html, limited, silence, stalled } from "./answers.ts";
import { dataCallsOf, failureOf, hasTokens, withData } from "./calls.ts";
import { limitsOf, tokenOf } from "./fixtures.ts";
import type { Law } from "./law.ts";

/** How long a law waits for silence, and for a body to grow too large. */
const DEADLINE_MS = { silence: 50, endless: 10_000 };

/** What every call for data makes of a provider that refuses, is in trouble or talks nonsense. */
const LAWS: readonly Law[] = [
  ...[400, 401, 403, 404, 409, 410].map(refusal),
  ...[500, 502, 503, 504].map((status) =>
    fails(`${status}`, () => new Response("down", { status }), (failure) => {
      assert.deepEqual(failure, { kind: "unavailable", status });
    })
  ),
  ...([
    ["in seconds", "120", 120],
    ["as a date", "Sun, 01 Mar 2026 12:05:00 GMT", 300],
    ["of days", "999999", 3_600],
    ["of yesterday", "Sat, 28 Feb 2026 12:05:00 GMT", 1],
    ["of no sense", "soon", 60],
  ] as const).map(([form, retryAfter, seconds]) =>
    fails(`429 with Retry-After ${form}`, () => limited(retryAfter), (failure) => {
      assert.deepEqual(failure, { kind: "rate_limited", retryAfter: seconds });
    })
  ),
  fails("429 that says no more", () => limited(), (failure) => {
    assert.deepEqual(failure, { kind: "rate_limited", retryAfter: 60 });
  }),
  {
    name: "a limit told in the provider's own way is waited for as long as it says",
    appliesTo: (driver) => driver.retryAfter !== undefined || limitsOf(driver).length > 0,
    async check(driver) {
      const limits = limitsOf(driver);
      assert.ok(limits.length > 0, "limits.json is missing");
      for (const { status = 429, headers = {}, body = {}, seconds, source } of limits) {
        assert.match(source, /^https:\/\//);
        await withData(
          driver,
          () => Response.json(body, { status, headers }),
          async ({ context }) => {
            for (const { name, run } of dataCallsOf(driver)) {
              const failure = await failureOf(run(context()));
              assert.deepEqual(failure, { kind: "rate_limited", retryAfter: seconds }, name);
            }
          },
        );
      }
    },
  },
  fails("a body that breaks off", broken, isUnavailable),
  fails("HTML with 200", html, isContract),
  fails("JSON of another shape", () => Response.json({ data: [{ id: {} }] }), isContract),
  fails("JSON that is null", () => Response.json(null), isContract),
  stands("a body without end is no answer", endless, isContract, DEADLINE_MS.endless),
  stands("silence beyond the deadline is unavailable", silence, isUnavailable, DEADLINE_MS.silence),
  stands("a body that stops midway is unavailable", stalled, isUnavailable, DEADLINE_MS.silence),
  {
    name: "a redirect is not followed, and the token not sent again",
    check: (driver) =>
      withData(
        driver,
        () => new Response(null, { status: 302, headers: { location: "/elsewhere" } }),
        async ({ requests, context }) => {
          for (const [i, { name, run }] of dataCallsOf(driver).entries()) {
            assert.equal((await failureOf(run(context()))).kind, "contract", name);
            assert.equal(requests.length, i + 1, name);
          }
        },
      ),
  },
];

export const ANSWER_LAWS: readonly Law[] = LAWS.map((law) => ({
  ...law,
  appliesTo: (driver) => dataCallsOf(driver).length > 0 && (law.appliesTo?.(driver) ?? true),
}));

/** For good, but for a token that is refused, and for what the driver itself names otherwise. */
function refusal(status: number): Law {
  const meaning = (driver: ProviderDriver): ProviderFailure => {
    const own = driver.statuses?.[status];
    if (own) return own;
    return status === 401 && hasTokens(driver)
      ? { kind: "reauthorize", cause: "token_rejected" }
      : { kind: "rejected", status };
  };
  return {
    name: `${status} from the data address`,
    check: (driver) =>
      withData(
        driver,
        () => Response.json({ error: "marked-value" }, { status }),
        async ({ context }) => {
          for (const { name, empty, run } of dataCallsOf(driver)) {
            if (empty.includes(status)) await run(context());
            else assert.deepEqual(await failureOf(run(context())), meaning(driver), name);
          }
        },
      ),
  };
}

function fails(
  name: string,
  answer: () => Response,
  holds: (failure: ProviderFailure) => void,
): Law {
  return {
    name: `${name} from the data address`,
    async check(driver) {
      const askAll = async ({ context }: PretendProvider) => {
        for (const { run } of dataCallsOf(driver)) holds(await failureOf(run(context())));
      };
      await withData(driver, answer, askAll);
      // The address of its tokens may be in the same trouble.
      if (tokenOf(driver)) await withProvider(answer, askAll);
    },
  };
}

function isContract(failure: ProviderFailure): void {
  assert.ok(failure.kind === "contract" && failure.issues.length > 0);
}

function isUnavailable(failure: ProviderFailure): void {
  assert.equal(failure.kind, "unavailable");
}

/** One call stands for all, where each takes its time. */
function stands(
  name: string,
  answer: (closing: AbortSignal) => Response | Promise<Response>,
  holds: (failure: ProviderFailure) => void,
  deadlineMs: number,
): Law {
  return {
    name,
    check: (driver) =>
      withData(driver, (_request, closing) => answer(closing), async ({ context }) => {
        const [first] = dataCallsOf(driver);
        const ctx = context({ signal: AbortSignal.timeout(deadlineMs) });
        holds(await failureOf(first?.run(ctx) ?? assert.fail()));
      }),
  };
}
