import type {
  AutoActivity,
  MenstrualCycle,
  Metric,
  Normalized,
  Score,
  SleepSession,
  When,
  Workout,
} from "@shared/catalog/normalized.ts";
import { METRICS } from "@shared/catalog/metrics.ts";
import { utf8 } from "@shared/core/bytes.ts";
import { localDateOf } from "@shared/core/time.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import type { NormaliseContext, NormalizedRecord } from "@shared/providers/resource.ts";
import type { RawRequest, WebhookContext, WebhookEvent } from "@shared/providers/webhook.ts";
import type { Target } from "./target.ts";

/** One thing that came out, in the words of the cases. Dates are `Date`s; absent is undefined. */
export type Item = Readonly<Record<string, unknown>>;

export interface Produced {
  readonly metrics: readonly Item[];
  readonly sleep: readonly Item[];
  readonly workouts: readonly Item[];
  readonly scores: readonly Item[];
  readonly events: readonly Item[];
}

/** What `driver` makes of `payload`. Throws `ProviderError` where it makes nothing of it. */
export function produce(
  driver: ProviderDriver,
  target: Target,
  payload: string,
  context: NormaliseContext & WebhookContext,
): Produced {
  const normalise = (resource: string, body: unknown) =>
    driver.normalise(resource, body, context).records;
  if (target.kind === "upload") {
    const body: unknown = JSON.parse(payload);
    return collect(driver.resources.flatMap(({ name }) => normalise(name, body)), []);
  }
  if (target.kind === "resource") {
    return collect(normalise(target.name, JSON.parse(payload)), []);
  }
  const request: RawRequest = {
    method: "POST",
    url: new URL(`https://example.invalid/webhooks/${driver.slug}`),
    headers: new Headers({ "content-type": "application/json" }),
    body: utf8(payload),
  };
  const news = driver.webhook?.parseWebhook(request, context) ?? [];
  const records = news.flatMap((event) =>
    event.kind === "push" ? normalise(event.resource, event.body) : []
  );
  const key = driver.webhook?.deliveryKey(request);
  return collect(records, news.flatMap((event) => eventItem(event, key)));
}

function collect(records: readonly NormalizedRecord[], events: readonly Item[]): Produced {
  const of = <K extends Normalized["kind"]>(kind: K) =>
    records.flatMap((record) =>
      record.items
        .filter((item): item is Extract<Normalized, { kind: K }> => item.kind === kind)
        .map((item) => ({ record, item }))
    );
  return {
    metrics: of("metric").map(({ record, item }) => metricItem(record, item)),
    sleep: of("sleep").map(({ record, item }) => sleepItem(record, item)),
    workouts: of("workout").map(({ record, item }) => workoutItem(record, item)),
    scores: of("score").map(({ record, item }) => scoreItem(record, item)),
    events: [
      ...events,
      ...of("quarantine").map(({ record, item }) => ({
        category: "data_quality",
        code: item.reason,
        external_id: record.id,
      })),
      ...of("auto_activity").map(({ record, item }) => autoActivityItem(record, item)),
      ...of("menstrual_cycle").map(({ record, item }) => cycleItem(record, item)),
    ],
  };
}

function time(item: When) {
  return {
    start: item.start,
    end: item.end,
    tz_offset_min: item.offsetMinutes,
    local_date: item.localDate ?? localDateOf(item.start, item.offsetMinutes),
  };
}

function metricItem(record: NormalizedRecord, item: Metric): Item {
  return {
    ...time(item),
    metric: item.metric,
    value: item.value,
    unit: item.unit,
    is_daily_total: item.dailyTotal ?? false,
    estimated: item.estimated ?? false,
    statistic: item.statistic,
    entry: item.entry,
    device: item.device,
    external_id: record.id,
  };
}

function sleepItem(record: NormalizedRecord, item: SleepSession): Item {
  const score = record.items.find((one): one is Score =>
    one.kind === "score" && one.score === "sleep_score"
  );
  return {
    ...time(item),
    external_id: item.id ?? record.id,
    duration_s: secondsBetween(item.start, item.end),
    is_nap: item.isNap ?? false,
    in_bed_s: item.inBedSeconds,
    asleep_s: item.asleepSeconds,
    deep_s: item.deepSeconds,
    light_s: item.lightSeconds,
    rem_s: item.remSeconds,
    awake_s: item.awakeSeconds,
    latency_s: item.latencySeconds,
    efficiency_pct: item.efficiencyPercent,
    hr_avg: item.hrAverage,
    hr_min: item.hrMinimum,
    hrv_avg: item.hrvRmssd ?? item.hrvSdnn,
    respiratory_rate_avg: item.respiratoryRate,
    spo2_avg: item.spo2Average,
    disturbances: item.disturbances,
    vendor_score: item.vendorScore ?? score?.value,
    source_device: item.device,
    stages: item.stages,
    // Sessions' metrics are derived from sessions: what must not come out is looked for here too.
    sleep_efficiency: item.efficiencyPercent,
  };
}

function workoutItem(record: NormalizedRecord, item: Workout): Item {
  return {
    ...time(item),
    external_id: item.id ?? record.id,
    type: item.type,
    vendor_type: item.vendorType,
    duration_s: item.durationSeconds ?? secondsBetween(item.start, item.end),
    moving_s: item.movingSeconds,
    distance_m: item.distanceMetres,
    energy_kcal: item.energyKilocalories,
    energy_active_kcal: item.energyActiveKilocalories,
    energy_basal_kcal: item.energyBasalKilocalories,
    steps: item.steps,
    hr_avg: item.hrAverage,
    hr_max: item.hrMaximum,
    hr_min: item.hrMinimum,
    avg_speed_mps: item.averageSpeed,
    max_speed_mps: item.maximumSpeed,
    elevation_gain_m: item.elevationGainMetres,
    avg_power_w: item.averagePowerWatts,
    max_power_w: item.maximumPowerWatts,
    strain: item.strain,
    zones_s: item.zoneSeconds,
    source_device: item.device,
    laps: item.laps,
  };
}

function scoreItem(record: NormalizedRecord, item: Score): Item {
  const at = time(item);
  return {
    ...at,
    day: at.local_date,
    score: item.score,
    value: item.value,
    unit: METRICS[item.score].unit,
    scale: item.scale,
    vendor_name: item.vendorName,
    qualifier: item.qualifier,
    components: item.components,
    external_id: record.id,
  };
}

function autoActivityItem(record: NormalizedRecord, item: AutoActivity): Item {
  const { type, vendorType: vendor_type } = item;
  return { ...time(item), category: "auto_activity", type, vendor_type, external_id: record.id };
}

function cycleItem(record: NormalizedRecord, item: MenstrualCycle): Item {
  return {
    category: "menstrual_cycle",
    period_start: item.periodStart,
    day_in_cycle: item.dayInCycle,
    cycle_length: item.cycleLengthDays,
    external_id: record.id,
  };
}

function eventItem(event: WebhookEvent, deliveryKey: string | undefined): readonly Item[] {
  const about = { provider_user_id: event.externalUserId, occurred_at: event.occurredAt };
  switch (event.kind) {
    case "notify":
    case "deleted":
      return [{
        ...about,
        category: "webhook",
        action: event.kind === "deleted" ? "delete" : event.action,
        data_type: event.dataType ?? event.resource,
        object_id: event.recordId,
        dedup_id: deliveryKey,
      }];
    case "linked":
      return [{
        ...about,
        category: "connection",
        action: "connected",
        reference_id: event.reference,
        provider: event.via,
        scopes: event.scopes,
      }];
    case "relinked":
      return [{ ...about, category: "connection", action: "reconnected" }];
    case "revoked":
      return [{ ...about, category: "connection", action: "disconnected" }];
    case "scopes_changed":
      return [{ ...about, category: "permission_change", granted: event.granted.toSorted() }];
    case "push":
    case "ignored":
      return [];
  }
}

function secondsBetween(start: Date, end: Date): number {
  return (end.getTime() - start.getTime()) / 1_000;
}
