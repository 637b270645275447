import assert from "node:assert/strict";
import { DAY } from "@shared/core/time.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import { ACCOUNT, MARKED, WINDOW, withProvider } from "../support/provider_server.ts";
import { failureOf, hasTokens, withData } from "./calls.ts";
import { fixturesOf, tokenOf } from "./fixtures.ts";
import type { Law } from "./law.ts";

/** How a driver asks for data. */
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
    name: "what the window did not ask for is kept: late records come so too",
    check: (driver) =>
      withData(driver, () => Response.json(fixtureOf(driver)), async ({ context }) => {
        const ask = askOf(driver);
        const longAgo = new Date("2016-03-01T00:00:00Z");
        const window = { from: longAgo, to: new Date(longAgo.getTime() + DAY) };
        const { records } = await driver.fetchPage({ ...ask, window }, context());
        const ids = driver.normalise(ask.resource, fixtureOf(driver), {
          receivedAt: context().now(),
        }).records.map(({ id }) => id);
        assert.deepEqual(records.map(({ id }) => id), ids);
      }),
  },
];

export const TRANSPORT_LAWS: readonly Law[] = LAWS.map((law) => ({
  ...law,
  appliesTo: (driver) =>
    driver.resources.some(({ request }) => request) && (law.appliesTo?.(driver) ?? true),
}));

function askOf(driver: ProviderDriver) {
  const resource = driver.resources.find(({ request }) => request)?.name ?? "";
  return { account: ACCOUNT, window: WINDOW, resource };
}

function fixtureOf(driver: ProviderDriver): unknown {
  return fixturesOf(driver).find(({ resource }) => resource === askOf(driver).resource)?.body;
}
