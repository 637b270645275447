import assert from "node:assert/strict";
import terra from "@shared/providers/terra.ts";
import { readSharedText } from "../../support/shared_data.ts";

/** What `metadata` and the rest of a day mean, without their times. */
function valuesOf(resource: string, row: Record<string, unknown>): readonly string[] {
  const metadata = {
    summary_id: "1",
    start_time: "2026-07-01T00:00:00.000000+02:00",
    end_time: "2026-07-02T00:00:00.000000+02:00",
  };
  const { records } = terra.normalise(resource, { data: [{ metadata, ...row }] });
  return records.flatMap(({ items }) => items).map((item) => {
    if (item.kind === "metric") return `${item.metric} ${item.value}`;
    return item.kind === "quarantine" ? `${item.kind} ${item.reason}` : item.kind;
  });
}

const at = (time: string) => `2026-07-01T${time}:00.000000+02:00`;

Deno.test("running totals are no counts: only the day's own total is read", () => {
  const detailed = {
    step_samples: [{ timestamp: at("08:00"), steps: 300 }, { timestamp: at("09:00"), steps: 420 }],
    distance_samples: [{ timestamp: at("09:00"), distance_meters: 300 }],
    floors_climbed_samples: [{ timestamp: at("09:00"), floors_climbed: 2 }],
  };
  assert.deepEqual(valuesOf("daily", { distance_data: { steps: 420, detailed } }), ["steps 420"]);
  const distance_data = { summary: { steps: 420 }, detailed };
  assert.deepEqual(valuesOf("activity", { distance_data }), ["workout"]);
});

Deno.test("a day is known by the date as written, wherever the clock stands", () => {
  const idOf = (start_time: string) => {
    const { records } = terra.normalise("daily", {
      data: [{ metadata: { start_time }, distance_data: { steps: 1 } }],
    });
    const [item] = records[0]?.items ?? [];
    return item?.kind === "metric" && [records[0]?.id, item.localDate, item.start.toISOString()];
  };
  assert.deepEqual(idOf("2026-03-08T00:00:00.000000-11:00"), [
    "2026-03-08",
    "2026-03-08",
    "2026-03-08T11:00:00.000Z",
  ]);
  assert.deepEqual(idOf("2026-03-08T00:00:00.000000+14:00"), [
    "2026-03-08",
    "2026-03-08",
    "2026-03-07T10:00:00.000Z",
  ]);
  assert.deepEqual(idOf("2026-03-08T00:00:00.000000"), [
    "2026-03-08",
    "2026-03-08",
    "2026-03-08T00:00:00.000Z",
  ]);
  assert.equal(terra.normalise("daily", { data: [{ metadata: {} }] }).unidentified, 1);
});

Deno.test("a time is read with its zone, else the record's, else as the person's own clock", () => {
  const read = (metadata: Record<string, unknown>, timestamp: string) => {
    const { records } = terra.normalise("daily", {
      metadata,
      heart_rate_data: { detailed: { hr_samples: [{ timestamp, bpm: 60 }] } },
    });
    const [item] = records[0]?.items ?? [];
    return item?.kind === "metric" &&
      [item.start.toISOString(), item.offsetMinutes, item.localDate];
  };
  const zoned = { start_time: at("00:00") };
  assert.deepEqual(read(zoned, "2026-07-01T23:30:00+05:30"), [
    "2026-07-01T18:00:00.000Z",
    330,
    undefined,
  ]);
  assert.deepEqual(read(zoned, "2026-07-01T23:30:00"), [
    "2026-07-01T21:30:00.000Z",
    120,
    undefined,
  ]);
  const naive = { start_time: "2026-07-01T00:00:00" };
  assert.deepEqual(read(naive, "2026-07-01T23:30:00"), [
    "2026-07-01T23:30:00.000Z",
    undefined,
    "2026-07-01",
  ]);
  const utc = { start_time: "2026-07-01T00:00:00+00:00", timestamp_localization: 0 };
  assert.deepEqual(read(utc, "2026-07-01T23:30:00+00:00"), [
    "2026-07-01T23:30:00.000Z",
    undefined,
    undefined,
  ]);
});

Deno.test("one entry of a batch without an identity takes nothing from the others", () => {
  const times = { start_time: at("01:00"), end_time: at("08:00") };
  const { records, unidentified } = terra.normalise("sleep", {
    data: [{ metadata: times }, { metadata: { ...times, summary_id: "2" } }],
  });
  assert.deepEqual(records.map(({ id }) => id), ["2"]);
  assert.equal(unidentified, 1);
});

Deno.test("oxygen of muscle is no SpO2, neither as a sample nor in the average", () => {
  const oxygen_data = {
    avg_saturation_percentage: 61,
    saturation_samples: [
      { timestamp: at("10:00"), percentage: 61, type: 1 },
      { timestamp: at("10:01"), percentage: 97, type: 0 },
    ],
  };
  assert.deepEqual(valuesOf("daily", { oxygen_data }), ["spo2 97"]);
  assert.deepEqual(valuesOf("body", { oxygen_data }), ["spo2 97"]);
  assert.deepEqual(valuesOf("activity", { oxygen_data }), ["workout", "spo2 97"]);
});

Deno.test("ketones of urine and breath are not the blood's", () => {
  const ketone_samples = [0, 2, 3, null].map((sample_type) => ({
    timestamp: at("10:00"),
    ketone_mg_per_dL: 5,
    sample_type,
  }));
  assert.deepEqual(valuesOf("body", { ketone_data: { ketone_samples } }), []);
});

Deno.test("a cadence is of a crank only where the activity is a ride", () => {
  const ride = (type: number) =>
    terra.normalise("activity", {
      metadata: { summary_id: "1", start_time: at("10:00"), end_time: at("11:00"), type },
      movement_data: { cadence_samples: [{ timestamp: at("10:05"), cadence_rpm: 80 }] },
    }).records[0]?.items.length;
  assert.equal(ride(1), 2);
  assert.equal(ride(8), 1);
});

Deno.test("efficiency is percent, also where a fraction comes through", () => {
  for (const [sent, percent] of [[91.5, 91.5], [0.915, 91.5], [1, 100], [0, 0]]) {
    const { records } = terra.normalise("sleep", {
      metadata: { summary_id: "1", start_time: at("01:00"), end_time: at("08:00") },
      sleep_durations_data: { sleep_efficiency: sent },
    });
    const [night] = records[0]?.items ?? [];
    assert.ok(night?.kind === "sleep");
    assert.equal(night.efficiencyPercent, percent);
  }
});

Deno.test("a night or workout that ends before it starts is kept aside, samples and all", () => {
  const heart_rate_data = { detailed: { hr_samples: [{ timestamp: at("08:30"), bpm: 60 }] } };
  for (const resource of ["sleep", "activity"]) {
    const inverted = { summary_id: "1", start_time: at("09:00"), end_time: at("08:00") };
    assert.deepEqual(valuesOf(resource, { metadata: inverted, heart_rate_data }), [
      "quarantine interval_inverted",
    ]);
    assert.deepEqual(valuesOf(resource, { metadata: { summary_id: "1" }, heart_rate_data }), [
      "quarantine no_time",
    ]);
  }
});

Deno.test("a flow is told in the catalog's levels; a predicted cycle is no fact", () => {
  const flows = [0, 1, 2, 3, 4, 5].map((flow) => ({ timestamp: at(`0${flow}:00`), flow }));
  const menstruation_data = { day_in_cycle: 3, is_predicted_cycle: true, menstruation_flow: flows };
  assert.deepEqual(
    valuesOf("menstruation", { menstruation_data }),
    [0, 2, 3, 4, 1].map((level) => `menstrual_flow ${level}`),
  );
});

Deno.test({
  name: "Terra's own examples of data mean something",
  ignore: readSharedText("provider-payloads/terra/webhook_daily.json") === undefined,
  fn() {
    for (const { name } of terra.resources) {
      const example = readSharedText(`provider-payloads/terra/webhook_${name}.json`) ?? "";
      const { records, unidentified } = terra.normalise(name, JSON.parse(example));
      // Their example of a sleep has no `summary_id`, and so no identity.
      assert.equal(unidentified, name === "sleep" ? 1 : 0, name);
      assert.ok(records.every(({ items }) => items.length > 0), name);
    }
  },
});

const fields = readSharedText("providers/terra_fields.md");
Deno.test({
  name: "every field of the fixtures is in Terra's specification",
  ignore: fields === undefined,
  fn() {
    for (const { name } of terra.resources) {
      const section = fields?.split(/^## /m).find((one) => one.toLowerCase().startsWith(name)) ??
        "";
      const known = new Set([...section.matchAll(/^\| `(.+?)`/gm)].map(([, path]) => path));
      const fixture = new URL(`../../fixtures/terra/${name}.json`, import.meta.url);
      const { data } = JSON.parse(Deno.readTextFileSync(fixture));
      for (const path of leavesOf(data[0])) assert.ok(known.has(path), `${name}: ${path}`);
    }
  },
});

function* leavesOf(value: unknown, path = ""): Generator<string, void> {
  if (Array.isArray(value)) {
    for (const one of value) yield* leavesOf(one, `${path}[]`);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      yield* leavesOf(one, path === "" ? key : `${path}.${key}`);
    }
  } else if (value !== null) yield path;
}
