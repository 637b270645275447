import assert from "node:assert/strict";
import { notebook, openLedger, timeSpan } from "../../../../dev/sandbox/ledger.ts";
import type { Fact } from "../../../../dev/sandbox/ledger.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { COLLECTIONS } from "../../../../dev/sandbox/oura/collections.ts";
import { TERRA_TYPES } from "../../../../dev/sandbox/terra/collections.ts";
import { CLIENTS, get, json, link, open, pages, request } from "./support.ts";

const CATALOG = new URL("../../../../../shared/design/metric_catalog.csv", import.meta.url);
const ignore = !present(CATALOG);
if (ignore) console.log("catalog test skipped: ../shared/design is absent");

const WEEKS = "start_date=2026-11-01&end_date=2026-11-22";
const OF = { provider: "oura", person: "demo", externalUserId: "x", resource: "sleep" };

function present(url: URL): boolean {
  try {
    return Deno.statSync(url).isFile;
  } catch {
    return false;
  }
}

/** Everything that everyone has, served once. */
async function wholeLedger(people: readonly string[]): Promise<readonly Fact[]> {
  const sandbox = await open();
  for (const person of people) {
    const oura = await link(sandbox, { person });
    for (const path of Object.keys(COLLECTIONS)) {
      await pages(sandbox, `${path}?${WEEKS}`, oura.access_token);
    }
    const days = "start_datetime=2026-11-01T00:00:00Z&end_datetime=2026-11-21T00:00:00Z";
    await pages(sandbox, `heartrate?${days}`, oura.access_token);
    const dexcom = await link(sandbox, { person }, "dexcom-us");
    for (const path of ["egvs", "events", "calibrations", "alerts"]) {
      const query = "startDate=2026-11-01T00:00:00&endDate=2026-11-20T15:00:00";
      const at = `/dexcom-us/v3/users/self/${path}?${query}`;
      await get(sandbox, at, dexcom.access_token);
    }
    const headers = { "dev-id": CLIENTS.terra.id, "x-api-key": CLIENTS.terra.secret };
    const session = await json(
      await request(`${sandbox.url}/terra/widget/api/session`, {
        method: "POST",
        headers,
        body: JSON.stringify({ auth_success_redirect_url: "http://127.0.0.1:9/done" }),
      }),
    );
    const page = `${sandbox.url}/terra${new URL(String(session["url"])).pathname}`;
    const user = (await answerConsent(page, { person })).searchParams.get("user_id");
    for (const type of Object.keys(TERRA_TYPES)) {
      const query = `user_id=${user}&${WEEKS}&to_webhook=false&with_samples=true`;
      await request(`${sandbox.url}/terra/api/v2/${type}?${query}`, { headers });
    }
  }
  const facts = sandbox.ledger.facts();
  await sandbox.stop();
  return facts;
}

Deno.test({
  name: "ledger.facts() names metrics of the catalog, in its range, at a real time",
  ignore,
  async fn() {
    const ranges = new Map<string, readonly [number, number]>();
    for (const line of (await Deno.readTextFile(CATALOG)).trim().split("\n").slice(1)) {
      // The first columns are plain; a quoted one never comes before the range.
      const cells = line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/);
      ranges.set(cells[0] ?? "", [Number(cells[10]), Number(cells[11])]);
    }
    const facts = await wholeLedger(["demo", "another", "somebody"]);
    for (const fact of facts) {
      const range = ranges.get(fact.metric);
      assert.ok(range, fact.metric);
      assert.ok(fact.value >= range[0] && fact.value <= range[1], JSON.stringify(fact));
      assert.equal(new Date(fact.start).toISOString(), fact.start);
      assert.ok(fact.end === undefined || fact.end > fact.start, JSON.stringify(fact));
      assert.ok(fact.identifiedBy === "instant" || fact.localDate, JSON.stringify(fact));
    }
    const metrics = new Set(facts.map((fact) => fact.metric));
    assert.ok(metrics.size >= 70, `only ${metrics.size} metrics`);
    assert.ok(facts.some((fact) => fact.value === 0), "zero is a value");
  },
});

Deno.test("ledger.facts() tells a night as the record does", async () => {
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo" });
  const { rows } = await pages(sandbox, `sleep?${WEEKS}`, access_token);
  const night = rows.find((row) => row["type"] === "long_sleep");
  assert.ok(night);
  const told = new Map(
    sandbox.ledger.facts("demo")
      .filter((fact) => fact.recordId === night["id"] && fact.reading === "certain")
      .map((fact) => [fact.metric, fact]),
  );
  const value = (metric: string) => told.get(metric)?.value;
  const minutes = {
    sleep_duration: "total_sleep_duration",
    sleep_time_in_bed: "time_in_bed",
    sleep_deep: "deep_sleep_duration",
    sleep_light: "light_sleep_duration",
    sleep_rem: "rem_sleep_duration",
    sleep_awake: "awake_time",
    sleep_latency: "latency",
  };
  for (const [metric, field] of Object.entries(minutes)) {
    assert.equal(value(metric), Number(night[field]) / 60, metric);
  }
  const plain = {
    sleep_efficiency: "efficiency",
    sleep_hr_avg: "average_heart_rate",
    sleep_hr_min: "lowest_heart_rate",
    hrv_rmssd: "average_hrv",
    respiratory_rate: "average_breath",
  };
  for (const [metric, field] of Object.entries(plain)) assert.equal(value(metric), night[field]);
  assert.equal(told.size, 12);
  const span = told.get("sleep_duration");
  assert.equal(span?.start, new Date(String(night["bedtime_start"])).toISOString());
  assert.equal(span?.end, new Date(String(night["bedtime_end"])).toISOString());
  assert.equal(span?.localDate, night["day"]);
  const phases = Number(value("sleep_deep")) + Number(value("sleep_light")) +
    Number(value("sleep_rem"));
  assert.equal(phases, value("sleep_duration"));
  const silent = rows.filter((row) => row["type"] === "rest" || row["type"] === "deleted");
  const ids = new Set(sandbox.ledger.facts("demo").map((fact) => fact.recordId));
  assert.ok(silent.length > 0 && silent.every((row) => !ids.has(String(row["id"]))));
  await sandbox.stop();
});

Deno.test("ledger.serve() replaces what a record said before", () => {
  const ledger = openLedger();
  const say = (value: number) => {
    const { note, facts } = notebook(timeSpan(new Date("2026-11-20T15:00:00Z")));
    note("heart_rate", value);
    ledger.serve(OF, [{ id: "1", facts }]);
  };
  say(60);
  say(61);
  ledger.serve({ ...OF, person: "another" }, [{ id: "2", facts: [] }]);
  assert.deepEqual(ledger.facts("demo").map((fact) => fact.value), [61]);
  assert.deepEqual(ledger.facts("another"), []);
  assert.equal(ledger.size, 2);
});

Deno.test("notebook() passes payloads through, converts facts, and is silent about null", () => {
  const { note, facts } = notebook(timeSpan(new Date("2026-11-20T15:00:00Z")));
  assert.equal(note("sleep_deep", 5_400, { value: 90 }), 5_400);
  assert.equal(note("spo2", null), null);
  assert.deepEqual(facts.map(({ metric, value }) => [metric, value]), [["sleep_deep", 90]]);
});

Deno.test("openLedger() survives a torn last line", async () => {
  const path = await Deno.makeTempFile();
  const { note, facts } = notebook(timeSpan(new Date("2026-11-20T15:00:00Z")));
  note("heart_rate", 60);
  openLedger(path).serve(OF, [{ id: "1", facts }]);
  await Deno.writeTextFile(path, '{"key":{"provider"', { append: true });
  const again = openLedger(path);
  assert.deepEqual(again.facts("demo").map((fact) => fact.value), [60]);
  again.serve(OF, [{ id: "2", facts }]);
  assert.equal(openLedger(path).size, 2);
  await Deno.remove(path);
});
