import assert from "node:assert/strict";
import { z } from "zod";
import { beatsPerMinute } from "@shared/catalog/units.ts";
import { defineProvider, resource } from "@shared/providers/define.ts";
import type { Resource } from "@shared/providers/resource.ts";
import { measure } from "@shared/providers/kit/measure.ts";
import { listOf } from "@shared/providers/kit/page.ts";
import { ACCOUNT, WINDOW, withProvider } from "../../support/provider_server.ts";

const HOST = "https://provider.example";
const row = z.looseObject({ id: z.string().optional() });
const page = listOf(row, { rows: "data" });
const identity = ({ id }: z.output<typeof row>) => id === undefined ? undefined : { id };

function driverOf(...resources: readonly Resource[]) {
  return defineProvider({
    slug: "test",
    name: "Test",
    docs: HOST,
    hosts: ["provider.example"],
    link: {
      kind: "credentials",
      needs: [],
      signIn: () => Promise.reject(),
    },
    policy: { terms: HOST, aiUse: "unstated" },
    resources,
  });
}

/** Streams that begin when the activity of the same id does, as Strava's do. */
const WITHIN = driverOf(
  resource({
    name: "activities",
    aliases: [],
    produces: [],
    page,
    record: identity,
    requestOne: ({ recordId }) => new Request(`${HOST}/activities/${recordId}`),
    *normalise() {},
  }),
  resource({
    name: "streams",
    within: "activities",
    emptyStatuses: [404],
    aliases: [],
    produces: ["heart_rate"],
    page,
    record: (_row, { parent }) => identity(row.parse(parent)),
    requestOne: ({ recordId }) => new Request(`${HOST}/activities/${recordId}/streams`),
    *normalise(_row, { receivedAt, timeZone }) {
      if (!receivedAt || timeZone !== "Europe/Berlin") return;
      yield* measure("heart_rate", beatsPerMinute(60), { start: receivedAt });
    },
  }),
);

Deno.test("fetchPage() asks for the record that the rows belong to, and hands it on with zone and clock", async () => {
  const ask = {
    account: { ...ACCOUNT, timeZone: "Europe/Berlin" },
    window: WINDOW,
    resource: "streams",
    recordId: "7",
  };
  const activity = { id: "7" };
  await withProvider(
    ({ url }) => Response.json(url.pathname.endsWith("streams") ? { data: [{}] } : activity),
    async ({ requests, context }) => {
      const { records } = await WITHIN.fetchPage(ask, context());
      assert.deepEqual(requests.map(({ url }) => url.pathname), [
        "/activities/7",
        "/activities/7/streams",
      ]);
      assert.deepEqual(records.map(({ id, items }) => [id, items.length]), [["7", 1]]);
    },
  );
  await withProvider(
    ({ url }) =>
      url.pathname.endsWith("streams")
        ? new Response("{}", { status: 404 })
        : Response.json(activity),
    async ({ context }) => {
      assert.deepEqual((await WITHIN.fetchPage(ask, context())).records, []);
    },
  );
});

Deno.test("fetchPage() speaks to the person's own server, and to nobody else's", () =>
  withProvider(() => Response.json({ data: [] }), async ({ requests, context }) => {
    const own = driverOf(resource({
      name: "things",
      aliases: [],
      produces: [],
      page,
      record: identity,
      request: ({ account }) => new Request(new URL("/things", account.site)),
      *normalise() {},
    }));
    const at = (site: string) =>
      own.fetchPage(
        {
          account: { ...ACCOUNT, site: new URL(site) },
          window: WINDOW,
          resource: "things",
        },
        context(),
      );
    await at("https://my.server.example/");
    assert.equal(requests[0]?.url.href, "https://my.server.example/things");
    await assert.rejects(at("http://my.server.example/"), { name: "ProviderError" });
  }));
