import assert from "node:assert/strict";
import { DAY } from "@shared/core/time.ts";
import { ProviderError } from "@shared/providers/errors.ts";
import type { WidgetLink } from "@shared/providers/link.ts";
import validic from "@shared/providers/validic.ts";
import { ACCOUNT, MARKED, WINDOW, withProvider } from "../../support/provider_server.ts";

const REFERENCE = "0f5b7c1e-8a3d-4e55-b7a2-1d2c3b4a5968";
const RETURN_URL = `https://project.test/functions/v1/oauth-callback/validic?state=${REFERENCE}`;
const USERS = `/organizations/${MARKED.clientId}/users`;

function link(): WidgetLink {
  assert.ok(validic.link.kind === "widget");
  return validic.link;
}

function userOf(uid: string, sources: readonly string[], timezone: string | null = null) {
  return {
    id: "59b02bdef758800001e13e8c",
    uid,
    location: { timezone, country_code: null },
    sources: sources.map((type) => ({ type, connected_at: "2026-02-28T10:00:00Z" })),
  };
}

function madeWith(url: string): Response {
  return Response.json({ ...userOf(REFERENCE, []), marketplace: { token: "m", url } }, {
    status: 201,
  });
}

Deno.test("openSession() provisions a user by our reference and opens their own marketplace", () =>
  withProvider(
    () => madeWith("https://syncmydevice.com?token=m"),
    async ({ requests, context }) => {
      const page = await link().openSession(
        { reference: REFERENCE, returnUrl: RETURN_URL },
        context(),
      );
      assert.equal(page.origin, "https://syncmydevice.com");
      assert.deepEqual(Object.fromEntries(page.searchParams), {
        token: "m",
        redirect_uri: RETURN_URL,
      });
      const [made] = requests;
      assert.equal(made?.method, "POST");
      assert.equal(made?.url.pathname, USERS);
      assert.deepEqual(Object.fromEntries(made?.url.searchParams ?? []), {
        token: MARKED.clientSecret,
      });
      assert.deepEqual(JSON.parse(made?.body ?? ""), { uid: REFERENCE });
    },
  ));

Deno.test("openSession() sends nobody to another host", async () => {
  for (
    const url of [
      "https://syncmydevice.com.elsewhere.test/?token=m",
      "https://notsyncmydevice.com/?token=m",
      "http://syncmydevice.com/?token=m",
    ]
  ) {
    await withProvider(() => madeWith(url), async ({ context }) => {
      const request = { reference: REFERENCE, returnUrl: RETURN_URL };
      await assert.rejects(link().openSession(request, context()), ProviderError, url);
    });
  }
});

Deno.test("confirm() believes no redirect: the user must be ours and have a source", async () => {
  const confirm = async (answer: unknown) => {
    let profile: unknown;
    await withProvider(() => Response.json(answer), async ({ requests, context }) => {
      const callback = new URLSearchParams("uid=another");
      profile = await link().confirm({ reference: REFERENCE, callback }, context());
      assert.equal(requests[0]?.url.pathname, `${USERS}/${REFERENCE}`);
    });
    return profile;
  };
  assert.deepEqual(await confirm(userOf(REFERENCE, ["Fitbit"], "Europe/Helsinki")), {
    externalUserId: REFERENCE,
    timeZone: "Europe/Helsinki",
    via: "fitbit",
  });
  assert.deepEqual(
    await confirm(userOf(REFERENCE, ["garmin", "dexcom"])),
    { externalUserId: REFERENCE },
    "of several sources none is the one",
  );
  for (const other of [userOf(REFERENCE, []), userOf("another", ["oura"])]) {
    await assert.rejects(confirm(other), ProviderError);
  }
});

Deno.test("unlink() deletes the user, and one who is gone is told as gone", async () => {
  for (const status of [200, 404]) {
    await withProvider(
      () => Response.json(userOf(REFERENCE, []), { status }),
      async ({ requests, context }) => {
        const unlinked = link().unlink?.({ externalUserId: REFERENCE }, context());
        if (status === 200) await unlinked;
        else await assert.rejects(unlinked ?? Promise.resolve(), ProviderError);
        assert.equal(requests[0]?.method, "DELETE");
        assert.equal(requests[0]?.url.pathname, `${USERS}/${REFERENCE}`);
      },
    );
  }
});

Deno.test("a page is asked of our organization, and spans no more than 30 days", () =>
  withProvider(() => Response.json({ data: [] }), async ({ requests, context }) => {
    for (const { name, pageDays = NaN } of validic.resources) {
      // At any hour: the longest window touches one day more than it is long.
      const window = { from: new Date(WINDOW.from.getTime() + DAY / 2), to: WINDOW.to };
      const to = new Date(window.from.getTime() + pageDays * DAY);
      await validic.fetchPage(
        { account: ACCOUNT, window: { ...window, to }, resource: name },
        context(),
      );
      const { pathname, searchParams } = requests.at(-1)?.url ?? assert.fail();
      assert.equal(pathname, `${USERS}/test-person/${name}`);
      assert.equal(searchParams.get("token"), MARKED.clientSecret);
      const [first, last] = ["start_date", "end_date"].map((key) => searchParams.get(key) ?? "");
      assert.equal(first, "2026-01-31");
      const days = (Date.parse(last ?? "") - Date.parse(first ?? "")) / DAY + 1;
      assert.ok(days > pageDays && days <= 30, `${name}: ${days} days`);
    }
  }));

Deno.test("no failure shows the token, though it stands in each address", async () => {
  const ask = { account: ACCOUNT, window: WINDOW, resource: "summaries" };
  const shown = async (call: Promise<unknown>) => {
    const error = await call.then(() => assert.fail("it succeeded"), (reason: unknown) => reason);
    assert.ok(error instanceof ProviderError);
    assert.equal(error.cause, undefined);
    return `${Deno.inspect(error, { depth: 9 })}${error.stack}`;
  };
  for (const status of [302, 400, 401, 403, 404, 429, 500]) {
    await withProvider(
      // A gateway may say the address back.
      ({ url }) =>
        new Response(JSON.stringify({ status, error: url.href }), {
          status,
          headers: { location: url.href },
        }),
      async ({ context }) => {
        for (
          const call of [
            validic.fetchPage(ask, context()),
            link().openSession({ reference: REFERENCE, returnUrl: RETURN_URL }, context()),
            link().confirm({ reference: REFERENCE, callback: new URLSearchParams() }, context()),
          ]
        ) assert.doesNotMatch(await shown(call), /test-leak|token=/);
      },
    );
  }
  await withProvider(() => new Response(), async ({ context }) => {
    const fetch: typeof globalThis.fetch = (input) =>
      Promise.reject(new TypeError(`error sending request for url (${new Request(input).url})`));
    assert.doesNotMatch(
      await shown(validic.fetchPage(ask, { ...context(), fetch })),
      /test-leak|token=/,
    );
  });
});

Deno.test("a 429 without Retry-After waits until the hour is full, where the calls are used up", async () => {
  const wait = async (headers: Record<string, string>) => {
    let failure: unknown;
    await withProvider(() => new Response("{}", { status: 429, headers }), async ({ context }) => {
      const now = new Date("2026-03-01T12:40:00Z");
      const ask = { account: ACCOUNT, window: WINDOW, resource: "sleep" };
      await validic.fetchPage(ask, context({ now })).catch((error) => failure = error.failure);
    });
    return failure;
  };
  const used = { kind: "rate_limited", retryAfter: 1_200 };
  assert.deepEqual(await wait({ "x-ratelimit-remaining": "0" }), used);
  assert.deepEqual(await wait({ "x-ratelimit_remaining": "0" }), used);
  const unknown = { kind: "rate_limited", retryAfter: 60 };
  assert.deepEqual(await wait({}), unknown);
  assert.deepEqual(await wait({ "x-ratelimit-remaining": "7" }), unknown);
});

Deno.test("a version is when it was made, so that an older answer cannot undo a newer one", () => {
  const record = { id: "r1", source: { type: "fitbit" }, start_time: "2026-03-01T08:00:00Z" };
  const versionOf = (created_at: string | null) =>
    validic.normalise("summaries", { data: [{ ...record, created_at }] }).records[0]?.version;
  assert.equal(versionOf("2026-03-01T08:10:04.221Z")?.toISOString(), "2026-03-01T08:10:04.221Z");
  assert.equal(versionOf(null), undefined);
});
