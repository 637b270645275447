import assert from "node:assert/strict";
import { z } from "zod";
import { kilojoules, metres, seconds } from "@shared/catalog/units.ts";
import type { Normalized } from "@shared/catalog/normalized.ts";
import { defineProvider, resource } from "@shared/providers/define.ts";
import { measure, rate } from "@shared/providers/kit/measure.ts";
import { listOf } from "@shared/providers/kit/page.ts";
import { ACCOUNT, WINDOW, withProvider } from "../../support/provider_server.ts";

const AT = { start: new Date("2026-02-03T00:00:00Z") };
const row = z.looseObject({ id: z.string().optional() });
const page = listOf(row, { rows: "data", next: "next" });
const identity = ({ id }: z.output<typeof row>) => id === undefined ? undefined : { id };

/** A driver whose one resource yields `items` for every row. */
function yielding(...items: readonly Normalized[]) {
  return defineProvider({
    slug: "test",
    name: "Test",
    docs: "https://provider.example/docs",
    hosts: ["provider.example"],
    link: {
      kind: "credentials",
      needs: [],
      signIn: () => Promise.reject(),
    },
    policy: { terms: "https://provider.example/terms", aiUse: "unstated" },
    resources: [{
      name: "things",
      aliases: [],
      produces: [],
      page,
      record: identity,
      request: (ask) => new Request(`https://provider.example/things?after=${ask.cursor ?? ""}`),
      normalise: () => items,
    }],
  });
}

function normalised(...items: readonly Normalized[]): readonly Normalized[] {
  return yielding(...items).normalise("things", { data: [{ id: "1" }] }).records[0]?.items ?? [];
}

Deno.test("resource() refuses at compile time what a metric's unit or `produces` does not allow", () => {
  resource({
    name: "ok",
    aliases: [],
    produces: ["energy_active"],
    page,
    record: identity,
    *normalise() {
      yield* measure("energy_active", kilojoules(1), AT);
    },
  });
  resource({
    name: "wrong_unit",
    aliases: [],
    produces: ["energy_active"],
    page,
    record: identity,
    *normalise() {
      // @ts-expect-error: seconds are no energy
      yield* measure("energy_active", seconds(1), AT);
      // @ts-expect-error: a bare number has no unit
      yield* measure("energy_active", 1, AT);
    },
  });
  resource({
    name: "undeclared",
    aliases: [],
    produces: ["energy_active"],
    page,
    record: identity,
    // @ts-expect-error: distance is not in `produces`
    *normalise() {
      yield* measure("distance", metres(1), AT);
    },
  });
  resource({
    name: "undeclared_score",
    aliases: [],
    produces: ["energy_active"],
    page,
    record: identity,
    // @ts-expect-error: sleep_score is not in `produces`
    *normalise() {
      yield* rate("sleep_score", 1, [0, 100], AT);
    },
  });
});

Deno.test("defineProvider() quarantines what cannot be believed, and keeps what can", () => {
  const metric = (value: number, at = AT): Normalized => ({
    kind: "metric",
    metric: "heart_rate",
    value,
    unit: "bpm",
    ...at,
  });
  const earlier = { ...AT, end: new Date("2026-02-02T00:00:00Z") };
  const reasons = normalised(
    metric(20),
    metric(250),
    metric(19.9),
    metric(250.1),
    metric(NaN),
    metric(Infinity),
    metric(60, { start: new Date(NaN) }),
    metric(60, earlier),
    { kind: "sleep", ...earlier },
    { kind: "workout", ...earlier },
    { kind: "score", score: "sleep_score", value: 101, scale: [0, 100], ...AT },
    { kind: "score", score: "training_load", value: 101, scale: "open_ended", ...AT },
    { kind: "score", score: "training_load", value: NaN, scale: "open_ended", ...AT },
    { kind: "workout", ...AT, end: AT.start },
    { kind: "deletion" },
  ).map((item) => item.kind === "quarantine" ? item.reason : item.kind);
  assert.deepEqual(reasons, [
    "metric",
    "metric",
    "implausible",
    "implausible",
    "implausible",
    "implausible",
    "no_time",
    "interval_inverted",
    "interval_inverted",
    "interval_inverted",
    "implausible",
    "score",
    "implausible",
    "workout",
    "deletion",
  ]);
});

Deno.test("defineProvider() counts rows without identity, and refuses a body that is no list", () => {
  const driver = yielding();
  const rows = [{ id: "1" }, {}, { id: "" }, { id: "x".repeat(513) }];
  const batch = driver.normalise("things", { data: rows });
  assert.deepEqual(batch.records.map(({ id }) => id), ["1"]);
  assert.equal(batch.unidentified, 3);
  assert.equal(driver.normalise("things", { id: "bare" }).records.length, 1);
  assert.throws(() => driver.normalise("things", { items: [] }), { name: "ProviderError" });
  assert.throws(() => driver.normalise("nothing", { data: [] }), { name: "ProviderError" });
});

Deno.test("fetchLatestMetrics() ends where pages go round in a circle", () =>
  withProvider(({ url }) => {
    const after = url.searchParams.get("after");
    return Response.json({ data: [], next: after === "b" ? "a" : after === "a" ? "b" : "a" });
  }, async ({ requests, context }) => {
    const ask = { account: ACCOUNT, window: WINDOW, resource: "things" };
    await assert.rejects(async () => {
      for await (const _ of yielding().fetchLatestMetrics(ask, context()));
    }, { name: "ProviderError" });
    assert.equal(requests.length, 4);
  }));

Deno.test("fetchPage() refuses a page that names itself as the next one", () =>
  withProvider(() => Response.json({ data: [], next: "a" }), async ({ context }) => {
    const ask = { account: ACCOUNT, window: WINDOW, resource: "things" };
    assert.equal((await yielding().fetchPage(ask, context())).next, "a");
    await assert.rejects(yielding().fetchPage({ ...ask, cursor: "a" }, context()), {
      name: "ProviderError",
    });
  }));
