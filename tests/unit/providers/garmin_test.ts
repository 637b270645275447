import assert from "node:assert/strict";
import { utf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import { ProviderError } from "@shared/providers/errors.ts";
import garmin from "@shared/providers/garmin.ts";
import { ACCOUNT, MARKED, WINDOW, withProvider } from "../../support/provider_server.ts";

const BACKFILLS = [
  "dailies",
  "epochs",
  "userMetrics",
  "sleeps",
  "activities",
  "activityDetails",
  "moveiq",
  "hrv",
  "stressDetails",
  "respiration",
  "pulseOx",
  "healthSnapshot",
  "skinTemp",
  "bodyComps",
  "bloodPressures",
  "mct",
];

/** The requests that asking for a week's history makes, and the failure it ends in. */
async function history(answer: (path: string) => Response, window = WINDOW) {
  const asked: URL[] = [];
  let failure: unknown;
  await withProvider(({ url, headers }) => {
    asked.push(url);
    assert.equal(headers.get("authorization"), `Bearer ${MARKED.accessToken}`);
    return answer(url.pathname);
  }, async ({ context }) => {
    assert.ok(garmin.history?.kind === "request");
    await garmin.history.request({ account: ACCOUNT, window }, context())
      .catch((error) => {
        assert.ok(error instanceof ProviderError);
        ({ failure } = error);
      });
  });
  return { asked, failure };
}

Deno.test("garmin's history is asked for kind by kind, by the time of the summaries", async () => {
  const { asked, failure } = await history(() => new Response(null, { status: 202 }));
  assert.equal(failure, undefined);
  assert.deepEqual(
    asked.map(({ origin, pathname, search }) => `${origin}${pathname}${search}`),
    BACKFILLS.map((path) =>
      `https://apis.garmin.com/wellness-api/rest/backfill/${path}` +
      "?summaryStartTimeInSeconds=1769904000&summaryEndTimeInSeconds=1770508800"
    ),
  );
});

Deno.test("garmin's history of the longest span is no second longer", async () => {
  const [from, to] = [1_769_904_000_600, 1_772_496_000_600];
  const { asked } = await history(() => new Response(null, { status: 202 }), {
    from: new Date(from),
    to: new Date(to),
  });
  const query = asked[0]?.searchParams;
  const span = Number(query?.get("summaryEndTimeInSeconds")) -
    Number(query?.get("summaryStartTimeInSeconds"));
  assert.equal(span, 30 * 86_400);
});

Deno.test("garmin's history goes on where a kind was asked before or is not permitted", async () => {
  for (const status of [403, 409, 412]) {
    const { asked, failure } = await history((path) =>
      new Response(null, { status: path.endsWith("/epochs") ? 202 : status })
    );
    assert.equal(asked.length, BACKFILLS.length);
    assert.equal(failure, undefined);
  }
});

Deno.test("garmin's history ends with what the queue can do something about", async () => {
  for (
    const [status, kind] of [
      [400, "rejected"],
      [401, "reauthorize"],
      [429, "rate_limited"],
      [500, "unavailable"],
    ] as const
  ) {
    const { asked, failure } = await history(() => new Response(null, { status }));
    assert.equal(asked.length, 1);
    assert.equal(Object(failure).kind, kind);
  }
});

Deno.test("garmin's summaries are fetched by upload time, with the token of the ping", async () => {
  await withProvider(
    () => Response.json([{ summaryId: "o", startTimeInSeconds: 1 }]),
    async ({ requests, context }) => {
      const ask = { account: ACCOUNT, window: WINDOW, resource: "pulse_ox" };
      await garmin.fetchPage({ ...ask, cursor: "t&k" }, context());
      const batch = await garmin.fetchPage(ask, context());
      assert.equal(batch.records.length, 1);
      const address = "https://apis.garmin.com/wellness-api/rest/pulseOx" +
        "?uploadStartTimeInSeconds=1769904000&uploadEndTimeInSeconds=1770508800";
      assert.deepEqual(requests.map(({ url }) => url.href), [`${address}&token=t%26k`, address]);
    },
  );
});

Deno.test("garmin's part of a second in a window is asked for too", async () => {
  const window = {
    from: new Date("2026-02-01T00:00:00.600Z"),
    to: new Date("2026-02-01T00:00:01.400Z"),
  };
  await withProvider(() => Response.json([]), async ({ requests, context }) => {
    await garmin.fetchPage({ account: ACCOUNT, window, resource: "hrv" }, context());
    const query = requests[0]?.url.searchParams;
    assert.equal(query?.get("uploadStartTimeInSeconds"), "1769904000");
    assert.equal(query?.get("uploadEndTimeInSeconds"), "1769904002");
  });
});

Deno.test("garmin's profile and revocation are calls of the person's", async () => {
  await withProvider(
    ({ method }) =>
      method === "GET"
        ? Response.json({ userId: "4aacafe8" })
        : new Response(null, { status: 204 }),
    async ({ requests, context }) => {
      const { link } = garmin;
      assert.ok(link.kind === "oauth2" && link.revokeTokens && ACCOUNT.accessToken);
      const profile = await link.fetchProfile(ACCOUNT, context());
      assert.deepEqual(profile, { externalUserId: "4aacafe8" });
      await link.revokeTokens({ accessToken: ACCOUNT.accessToken }, ACCOUNT, context());
      assert.deepEqual(requests.map(({ method, url }) => `${method} ${url}`), [
        "GET https://apis.garmin.com/wellness-api/rest/user/id",
        "DELETE https://apis.garmin.com/wellness-api/rest/user/registration",
      ]);
      const bearer = `Bearer ${MARKED.accessToken}`;
      assert.ok(requests.every(({ headers }) => headers.get("authorization") === bearer));
    },
  );
});

Deno.test("garmin's longer day is the newer one, whichever comes first", () => {
  const versionOf = (row: Record<string, unknown>) =>
    garmin.normalise("dailies", [{ calendarDate: "2026-03-01", ...row }]).records[0]?.version;
  const start = { startTimeInSeconds: 1_772_319_600 };
  const morning = versionOf({ ...start, durationInSeconds: 3_600 });
  const evening = versionOf({ ...start, durationInSeconds: 80_000 });
  assert.ok(morning && evening && evening > morning);
  assert.equal(versionOf(start)?.toISOString(), "2026-02-28T23:00:00.000Z");
  assert.equal(versionOf({}), undefined);
});

Deno.test("garmin's kinds have one name in deliveries and another in the API", () => {
  const kinds = [
    ["moveIQActivities", "moveiq", "move_iq"],
    ["allDayRespiration", "respiration", "respiration"],
    ["pulseox", "pulseOx", "pulse_ox"],
    ["healthSnapshot", "healthSnapshot", "health_snapshot"],
    ["skinTemp", "skinTemp", "skin_temp"],
    ["bodyComps", "bodyComps", "body_comps"],
    ["bloodPressures", "bloodPressures", "blood_pressures"],
    ["mct", "mct", "menstrual_cycle"],
  ] as const;
  for (const [key, path, resource] of kinds) {
    const times = "uploadStartTimeInSeconds=1&uploadEndTimeInSeconds=2";
    const callbackURL = `https://apis.garmin.com/wellness-api/rest/${path}?${times}`;
    const body = utf8(JSON.stringify({ [key]: [{ userId: "u", callbackURL }] }));
    const url = new URL("https://app.example/webhooks/garmin");
    const request = { method: "POST", url, headers: new Headers(), body };
    const [event] = garmin.webhook?.parseWebhook(request, { receivedAt: new Date() }) ?? [];
    assert.ok(event?.kind === "notify", key);
    assert.equal(event.resource, resource);
  }
});

Deno.test("garmin's delivery needs the address's secret and names our client", async () => {
  const verify = async (path: string, client?: string) =>
    await garmin.webhook?.verifyWebhook(
      {
        method: "POST",
        url: new URL(`https://app.example/functions/v1/webhooks/garmin${path}`),
        headers: new Headers(client === undefined ? {} : { "garmin-client-id": client }),
        body: utf8("{}"),
      },
      { signing: [new Secret("test-key-path")], clientId: MARKED.clientId },
      new Date(),
    );
  assert.equal(await verify("/test-key-path", MARKED.clientId), true);
  assert.equal(await verify("/test-key-path", "another-client"), false);
  assert.equal(await verify("/test-key-path"), false);
  assert.equal(await verify("/test-key-other", MARKED.clientId), false);
  assert.equal(await verify("", MARKED.clientId), false);
});
