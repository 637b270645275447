import assert from "node:assert/strict";
import { judge } from "../../../tools/conformance.ts";
import type { Case, Expectation } from "../../../tools/conformance/case.ts";
import { findTarget } from "../../../tools/conformance/target.ts";
import oura from "@shared/providers/oura.ts";

const STEPS = {
  metric: "steps",
  value: 8_500,
  unit: "count",
  start: "2026-02-03T00:00:00Z",
  local_date: "2026-02-03",
  is_daily_total: true,
};
const DAY = { id: "1", day: "2026-02-03", steps: 8_500, active_calories: 350 };
const NIGHT = {
  id: "n",
  bedtime_start: "2026-02-03T00:00:00Z",
  bedtime_end: "2026-02-03T08:00:00Z",
  type: "long_sleep",
  efficiency: 88,
  sleep_phase_5_min: "14",
};

function verdict(
  change: Partial<Omit<Expectation, "canonical">> & {
    readonly canonical?: Partial<Expectation["canonical"]>;
  },
  payload: unknown = { data: [DAY] },
) {
  const { canonical, ...rest } = change;
  const one: Case = {
    payload: JSON.stringify(payload),
    expectation: {
      case_id: "test/case",
      input: "case.json",
      context: {},
      provider: "oura",
      payload_kind: "GET /v2/usercollection/daily_activity",
      exhaustive_metrics: [],
      counts: {},
      must_not_emit: [],
      tolerance: {},
      ...rest,
      canonical: { metrics: [], sleep: [], workouts: [], scores: [], events: [], ...canonical },
    },
  };
  const { result, missing, unexpected } = judge(one);
  return [result, missing.length, unexpected.length];
}

const PASS = ["pass", 0, 0];
const MISSING = ["fail", 1, 0];
const UNEXPECTED = ["fail", 0, 1];
const SLEEP = "GET /v2/usercollection/sleep";

Deno.test("judge() passes what came out, and fails each way a metric can differ", () => {
  assert.deepEqual(verdict({ canonical: { metrics: [STEPS] } }), PASS);
  const changes = [
    { value: 8_501 },
    { unit: "m" },
    { local_date: "2026-02-04" },
    { is_daily_total: false },
    { value: null },
    { external_id: "2" },
    { tz_offset_min: 60 },
    { never_heard_of: 1 },
  ];
  for (const change of changes) {
    const metrics = [{ ...STEPS, ...change }];
    assert.deepEqual(verdict({ canonical: { metrics } }), MISSING, JSON.stringify(change));
  }
});

Deno.test("judge() needs an item of its own for each that is listed", () => {
  assert.deepEqual(verdict({ canonical: { metrics: [STEPS, STEPS] } }), MISSING);
});

Deno.test("judge() holds to tolerance, counts, exhaustive_metrics and must_not_emit", () => {
  const near = { ...STEPS, value: 8_501 };
  const metrics = [near];
  assert.deepEqual(verdict({ canonical: { metrics }, tolerance: { value_abs_steps: 1 } }), PASS);
  assert.deepEqual(verdict({ canonical: { metrics }, tolerance: { value_rel: 1e-3 } }), PASS);
  assert.deepEqual(verdict({ canonical: { metrics }, tolerance: { value_rel: 1e-6 } }), MISSING);
  assert.deepEqual(verdict({ counts: { metrics: 2, steps: 1, sleep: 0 } }), PASS);
  assert.deepEqual(verdict({ counts: { metrics: 3 } }), MISSING);
  assert.deepEqual(verdict({ counts: { steps: 0 } }), UNEXPECTED);
  assert.deepEqual(verdict({ exhaustive_metrics: ["distance"] }), PASS);
  assert.deepEqual(verdict({ exhaustive_metrics: ["steps"] }), UNEXPECTED);
  assert.deepEqual(verdict({ must_not_emit: [{ metric: "steps", value: 1, why: "" }] }), PASS);
  assert.deepEqual(verdict({ must_not_emit: [{ metric: "steps" }] }), UNEXPECTED);
});

Deno.test("judge() compares sessions by id, stages exactly, and looks into them for what must not be", () => {
  const night = { payload_kind: `${SLEEP} item` };
  const stages = [
    { stage: "deep", start: "2026-02-03T00:00:00Z", end: "2026-02-03T00:05:00Z" },
    { stage: "awake", start: "2026-02-03T00:05:00Z", end: "2026-02-03T00:10:00Z" },
  ];
  const sleep = (item: Readonly<Record<string, unknown>>) =>
    verdict({ ...night, canonical: { sleep: [item] } }, NIGHT);
  assert.deepEqual(sleep({ external_id: "n", stages, hr_avg: null, efficiency_pct: 88 }), PASS);
  assert.deepEqual(sleep({ external_id: "m", stages }), MISSING);
  assert.deepEqual(sleep({ external_id: "n", stages: stages.slice(1) }), MISSING);
  assert.deepEqual(sleep({ external_id: "n", stages: stages.slice(0, 1) }), MISSING);
  assert.deepEqual(sleep({ external_id: "n", stages: stages.toReversed() }), MISSING);
  assert.deepEqual(sleep({ external_id: "n", hr_avg: 0 }), MISSING);
  const forbidden = [{ metric: "sleep_efficiency", value: 88 }];
  assert.deepEqual(verdict({ ...night, must_not_emit: forbidden }, NIGHT), UNEXPECTED);
});

Deno.test("judge() tells unsupported from failed", () => {
  assert.deepEqual(verdict({ provider: "human_api" }), ["unsupported", 0, 0]);
  assert.deepEqual(verdict({ provider: "unheard_of" }), ["unsupported", 0, 0]);
  assert.deepEqual(verdict({ payload_kind: "GET /v2/elsewhere" }), MISSING);
  assert.deepEqual(verdict({}, { data: [{ id: 7 }] }), MISSING);
});

Deno.test("findTarget() reads paths, items, remarks and webhooks", () => {
  const nameOf = (kind: string) => {
    const target = findTarget(oura, kind);
    return target?.kind === "resource" ? target.name : target?.kind;
  };
  assert.equal(nameOf(SLEEP), "sleep");
  assert.equal(nameOf(`${SLEEP} item`), "sleep");
  assert.equal(nameOf(`${SLEEP} data[]`), "sleep");
  assert.equal(nameOf(`${SLEEP}?start_date=x (webhook fetch; an OBJECT)`), "sleep");
  assert.equal(nameOf(`${SLEEP}/abc`), "sleep");
  assert.equal(nameOf("GET https://api.ouraring.com/v2/usercollection/vO2_max"), "vo2_max");
  assert.equal(nameOf("push sleep[]"), "sleep");
  assert.equal(nameOf("webhook POST body (v2)"), "webhook");
  assert.equal(nameOf("POST /v2/usercollection/sleep"), undefined);
  assert.equal(nameOf("GET /v2/usercollection"), undefined);
});
