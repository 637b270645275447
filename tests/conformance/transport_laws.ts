import assert from "node:assert/strict";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import { ProviderError, type ProviderFailure } from "@shared/providers/errors.ts";
import type { MetricBatch } from "@shared/providers/resource.ts";
import {
  ACCOUNT,
  MARKED,
  type PretendProvider,
  type SeenRequest,
  WINDOW,
  withProvider,
} from "../support/provider_server.ts";
import { fixturesOf, pagingOf, tokenOf } from "./fixtures.ts";
import type { Law } from "./law.ts";
import { broken, endless, html, limited, silence } from "./trouble.ts";

/** How a driver asks for data, and what it makes of a provider in trouble. */
const LAWS: readonly Law[] = [
  {
    name: "asks with the person's access token, which no address holds",
    appliesTo: hasTokens,
    check: (driver) =>
      withProvider(() => Response.json(fixtureOf(driver)), async ({ requests, context }) => {
        await driver.fetchPage(askOf(driver), context());
        const sent = [...requests[0]?.headers ?? []].map(([, value]) => value);
        assert.ok(sent.some((value) => value.includes(MARKED.accessToken)), "in no header");
        const shown = "addresses are logged: no token belongs there, and no slot puts one there";
        assert.doesNotMatch(String(requests[0]?.url), /test-leak/, shown);
      }),
  },
  {
    name: "asks with the token that it was given for the person, and shows our key to nobody",
    appliesTo: (driver) => tokenOf(driver) !== undefined,
    check: async (driver) => {
      const token = tokenOf(driver) ?? assert.fail();
      await withProvider(
        ({ url }) => Response.json(url.pathname === token.path ? token.answer : fixtureOf(driver)),
        async ({ requests, context }) => {
          await driver.fetchPage(askOf(driver), context());
          const [first, second] = requests;
          assert.equal(first?.url.pathname, token.path);
          assert.ok(second?.headers.get("authorization")?.includes(token.answer.access_token));
          assert.equal(requests.length, 2);
          for (const { url, headers, body } of requests) {
            const shown = [url.href, body, ...headers.values()].join("\n");
            assert.ok(!shown.includes(MARKED.clientSecret), url.pathname);
            assert.ok(!url.href.includes(token.answer.access_token));
          }
        },
      );
    },
  },
  {
    name: "without an access token the person must link again, and nothing is sent",
    appliesTo: hasTokens,
    check: (driver) =>
      withProvider(() => new Response(), async ({ requests, context }) => {
        const { accessToken: _, ...account } = ACCOUNT;
        const failure = await failureOf(driver.fetchPage({ ...askOf(driver), account }, context()));
        assert.equal(failure.kind, "reauthorize");
        assert.equal(requests.length, 0);
      }),
  },
  {
    name: "follows pages until there is no next one",
    appliesTo: (driver) => pagingOf(driver) !== undefined,
    check: async (driver) => {
      const { resource, page, carries, ...fixture } = paging(driver);
      const last = fixture.last ??
        fixturesOf(driver).find((one) => one.resource === resource)?.body;
      await withData(
        driver,
        ({ url, body }) => Response.json(`${url}${body}`.includes(carries) ? last : page),
        async ({ requests, context }) => {
          const batches = await collect(
            driver.fetchLatestMetrics({ ...askOf(driver), resource }, context()),
          );
          assert.equal(batches.length, 2);
          assert.equal(requests.length, 2);
          assert.ok(batches[0]?.next !== undefined && batches[1]?.next === undefined);
        },
      );
    },
  },
  {
    name: "a page that names itself as the next one ends in a contract failure",
    // Pages that the caller counts name nothing.
    appliesTo: (driver) => {
      const name = pagingOf(driver)?.resource;
      return driver.resources.some((one) => one.name === name && !one.next);
    },
    check: async (driver) => {
      const { resource, page } = paging(driver);
      await withData(driver, () => Response.json(page), async ({ requests, context }) => {
        const batches = driver.fetchLatestMetrics({ ...askOf(driver), resource }, context());
        assert.equal((await failureOf(collect(batches))).kind, "contract");
        assert.equal(requests.length, 2);
      });
    },
  },
  {
    ...fails("401", () => new Response("{}", { status: 401 }), (failure) => {
      assert.equal(failure.kind, "reauthorize");
    }),
    appliesTo: hasTokens,
  },
  {
    // A key of our own that is refused is nobody's link that ended.
    ...fails("401 to our own key", () => new Response("{}", { status: 401 }), (failure) => {
      assert.deepEqual(failure, { kind: "rejected", status: 401 });
    }),
    appliesTo: (driver) => !hasTokens(driver),
  },
  fails("403", () => new Response("{}", { status: 403 }), (failure) => {
    assert.deepEqual(failure, { kind: "rejected", status: 403 });
  }),
  fails("429 with Retry-After in seconds", () => limited("120"), (failure) => {
    assert.deepEqual(failure, { kind: "rate_limited", retryAfter: 120 });
  }),
  fails(
    "429 with Retry-After as a date",
    () => limited("Sun, 01 Mar 2026 12:05:00 GMT"),
    (failure) => {
      assert.deepEqual(failure, { kind: "rate_limited", retryAfter: 300 });
    },
  ),
  fails("429 with a Retry-After of days, or none", () => limited("999999"), (failure) => {
    assert.deepEqual(failure, { kind: "rate_limited", retryAfter: 3_600 });
  }),
  fails("503", () => new Response("down", { status: 503 }), (failure) => {
    assert.deepEqual(failure, { kind: "unavailable", status: 503 });
  }),
  fails("a body that breaks off", () => new Response(broken(), { status: 200 }), (failure) => {
    assert.equal(failure.kind, "unavailable");
  }),
  fails("HTML with 200", () => html(), (failure) => assert.equal(failure.kind, "contract")),
  fails("JSON of another shape", () => Response.json({ data: [{ id: {} }] }), (failure) => {
    assert.ok(failure.kind === "contract" && failure.issues.length > 0);
  }),
  fails("a body without end", () => new Response(endless()), (failure) => {
    assert.equal(failure.kind, "contract");
  }),
  {
    name: "silence beyond the deadline is unavailable",
    check: (driver) =>
      withData(driver, (_request, closing) => silence(closing), async ({ context }) => {
        const ctx = context({ signal: AbortSignal.timeout(50) });
        assert.equal((await failureOf(driver.fetchPage(askOf(driver), ctx))).kind, "unavailable");
      }),
  },
  {
    name: "a redirect is not followed, and the token not sent again",
    check: (driver) =>
      withData(
        driver,
        () => new Response(null, { status: 302, headers: { location: "/elsewhere" } }),
        async ({ requests, context }) => {
          const failure = await failureOf(driver.fetchPage(askOf(driver), context()));
          assert.equal(failure.kind, "contract");
          assert.equal(requests.length, 1);
        },
      ),
  },
];

/** An aggregator is asked with our own key, and no person has a token. */
function hasTokens({ link }: ProviderDriver): boolean {
  return link.kind !== "widget";
}

export const TRANSPORT_LAWS: readonly Law[] = LAWS.map((law) => ({
  ...law,
  appliesTo: (driver) =>
    driver.resources.some(({ request }) => request) && (law.appliesTo?.(driver) ?? true),
}));

function fails(
  name: string,
  answer: () => Response,
  holds: (failure: ProviderFailure) => void,
): Law {
  return {
    name: `${name} from the data address`,
    async check(driver) {
      const fetchPage = async ({ context }: PretendProvider) => {
        holds(await failureOf(driver.fetchPage(askOf(driver), context())));
      };
      await withData(driver, answer, fetchPage);
      // The address of its tokens may be in the same trouble.
      if (tokenOf(driver)) await withProvider(answer, fetchPage);
    },
  };
}

/** Data is answered with `answer`; a token for it, where one is asked for first, is given and not counted. */
function withData(
  driver: ProviderDriver,
  answer: Parameters<typeof withProvider>[0],
  use: (provider: PretendProvider) => Promise<void>,
): Promise<void> {
  const token = tokenOf(driver);
  const requests: SeenRequest[] = [];
  return withProvider(
    (request, closing) => {
      if (token && request.url.pathname === token.path) return Response.json(token.answer);
      requests.push(request);
      return answer(request, closing);
    },
    ({ context }) => use({ requests, context }),
  );
}

/** The failure a call ends in; its error must show no secret and no part of a body. */
export async function failureOf(call: Promise<unknown>): Promise<ProviderFailure> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof ProviderError, Deno.inspect(error));
    assert.doesNotMatch(Deno.inspect(error, { depth: 9 }), /test-leak|marked-value/);
    assert.equal(error.cause, undefined);
    return error.failure;
  }
  assert.fail("the call succeeded");
}

function askOf(driver: ProviderDriver) {
  const resource = driver.resources.find(({ request }) => request)?.name ?? "";
  return { account: ACCOUNT, window: WINDOW, resource };
}

function fixtureOf(driver: ProviderDriver): unknown {
  return fixturesOf(driver).find(({ resource }) => resource === askOf(driver).resource)?.body;
}

function paging(driver: ProviderDriver) {
  const fixture = pagingOf(driver);
  assert.ok(fixture);
  return fixture;
}

async function collect(batches: AsyncIterable<MetricBatch>): Promise<readonly MetricBatch[]> {
  const all: MetricBatch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}
