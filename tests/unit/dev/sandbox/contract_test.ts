import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { COLLECTIONS } from "../../../../dev/sandbox/oura/collections.ts";
import { TERRA_TYPES } from "../../../../dev/sandbox/terra/collections.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { CLIENTS, get, json, link, open, openReceiver, pages, request } from "./support.ts";

// The providers' own specifications lie beside the repository; without them there is nothing to hold to.
const SHARED = new URL("../../../../../shared/", import.meta.url);
const ignore = !present(new URL("provider-specs/", SHARED));
if (ignore) console.log("contract tests skipped: ../shared/provider-specs is absent");

const WEEKS = "start_date=2026-11-01&end_date=2026-11-22";

type Node = { readonly [key: string]: unknown };

function present(url: URL): boolean {
  try {
    return Deno.statSync(url).isDirectory;
  } catch {
    return false;
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every object closed, so that a field nobody documents is found; bases of `allOf` stay open. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (!isNode(value)) return value;
  const entries = Object.entries(value)
    // OpenAPI's `example` is no JSON Schema, and a nested dialect would start a document of its own.
    .filter(([key]) => key !== "$schema" && key !== "example")
    .map(([key, child]) => [key, closed(child)]);
  const copy = Object.fromEntries(entries);
  return isNode(value["properties"]) && !("additionalProperties" in value)
    ? { ...copy, additionalProperties: false }
    : copy;
}

function schemasOf(text: string): Node {
  const document: unknown = parse(text);
  assert.ok(isNode(document) && isNode(document["components"]));
  const { schemas } = document["components"];
  assert.ok(isNode(schemas));
  return schemas;
}

async function validator(file: string, bases: readonly string[]) {
  const schemas = schemasOf(await Deno.readTextFile(new URL(`provider-specs/${file}`, SHARED)));
  const open = Object.fromEntries(bases.map((name) => [name, schemas[name]]));
  const all = { ...Object.fromEntries(Object.entries(schemas).map(([k, v]) => [k, closed(v)])) };
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: "api", components: { schemas: { ...all, ...open } } });
  return {
    schemas,
    check(name: string, value: unknown) {
      const validate = ajv.getSchema(`api#/components/schemas/${name}`);
      assert.ok(validate, `no schema ${name}`);
      assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)}`);
    },
  };
}

const OURA_SCHEMAS: Readonly<Record<string, string>> = {
  daily_activity: "PublicDailyActivity",
  daily_cardiovascular_age: "PublicDailyCardiovascularAge",
  daily_readiness: "PublicDailyReadiness",
  daily_resilience: "DailyResilienceModel",
  daily_sleep: "PublicDailySleep",
  daily_spo2: "PublicDailySpO2",
  daily_stress: "PublicDailyStress",
  enhanced_tag: "EnhancedTagModel",
  rest_mode_period: "PublicRestModePeriod",
  session: "PublicSession",
  sleep: "PublicModifiedSleepModel",
  sleep_time: "PublicSleepTime",
  tag: "TagModel",
  vO2_max: "PublicVO2Max",
  workout: "PublicWorkout",
};

Deno.test({
  name: "oura records are what its specification says, with every field of it",
  ignore,
  async fn() {
    const { schemas, check } = await validator("oura.openapi-1.35.json", []);
    const sandbox = await open({ historyDays: 90 });
    const { access_token } = await link(sandbox, { person: "demo" });
    assert.deepEqual(Object.keys(OURA_SCHEMAS), Object.keys(COLLECTIONS));
    for (const [path, name] of Object.entries(OURA_SCHEMAS)) {
      const range = "start_date=2026-08-01&end_date=2026-11-22";
      const { rows } = await pages(sandbox, `${path}?${range}`, access_token);
      assert.ok(rows.length > 0, path);
      for (const row of rows) check(name, row);
      const schema = schemas[name];
      assert.ok(isNode(schema) && isNode(schema["properties"]));
      const seen = new Set(rows.flatMap((row) => Object.keys(row)));
      assert.deepEqual([...seen].sort(), Object.keys(schema["properties"]).sort(), path);
    }
    const from = "start_datetime=2026-11-19T00:00:00Z&end_datetime=2026-11-20T00:00:00Z";
    for (
      const [path, name] of [
        ["heartrate", "PublicHeartRateRow"],
        ["ring_battery_level", "PublicRingBatteryLevelRow"],
        ["ring_configuration", "PublicRingConfiguration"],
      ] as const
    ) {
      const { rows } = await pages(sandbox, `${path}?${from}`, access_token);
      assert.ok(rows.length > 0, path);
      for (const row of rows) check(name, row);
    }
    const info = await get(sandbox, "/oura/v2/usercollection/personal_info", access_token);
    check("PersonalInfoResponse", await json(info));
    const bad = await get(sandbox, "/oura/v2/usercollection/sleep?start_date=x", access_token);
    const { detail } = await json(bad);
    assert.ok(Array.isArray(detail));
    await sandbox.stop();
  },
});

Deno.test({
  name: "terra payloads and events are what its specification says",
  ignore,
  async fn() {
    const { check } = await validator("terra-v2-bundled.yaml", ["WebhookEvent"]);
    await using receiver = openReceiver();
    const terra = { ...CLIENTS.terra, webhookUrl: receiver.url };
    const sandbox = await open({ clients: { terra } });
    const headers = {
      "dev-id": terra.id,
      "x-api-key": terra.secret,
      "content-type": "application/json",
    };
    const session = await json(
      await request(`${sandbox.url}/terra/api/v2/auth/generateWidgetSession`, {
        method: "POST",
        headers,
        body: JSON.stringify({ auth_success_redirect_url: "http://127.0.0.1:9/done" }),
      }),
    );
    const page = new URL(String(session["url"]));
    const back = await answerConsent(`${sandbox.url}/terra${page.pathname}`, { person: "demo" });
    const query = `user_id=${back.searchParams.get("user_id")}&${WEEKS}`;
    for (const type of Object.keys(TERRA_TYPES)) {
      const name = type.charAt(0).toUpperCase() + type.slice(1);
      const path = `${sandbox.url}/terra/api/v2/${type}?${query}&with_samples=true`;
      const inline = await json(await request(`${path}&to_webhook=false`, { headers }));
      const rows = inline["data"];
      assert.ok(Array.isArray(rows) && rows.length > 0, type);
      for (const row of rows) check(name, row);
      check("TerraUser", inline["user"]);
      const ack = await json(await request(path, { headers }));
      check("DataSentToWebhook", ack);
    }
    await request(`${sandbox.url}/terra/api/v2/athlete?${query}`, { headers });
    sandbox.control.revoke("terra", "demo");
    await sandbox.control.settled();
    const seen = new Set<string>();
    for (const { body } of receiver.received) {
      const type = String(body["type"]);
      seen.add(type);
      const words = type.split("_").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
      check(type === "auth" ? "AuthSuccessEvent" : `${words.join("")}Event`, body);
    }
    assert.deepEqual([...seen].sort(), [
      "access_revoked",
      "activity",
      "athlete",
      "auth",
      "body",
      "daily",
      "menstruation",
      "nutrition",
      "sleep",
    ]);
    await sandbox.stop();
  },
});
