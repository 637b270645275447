/** Validic's sleeps; quirks in `validic.ts`. */
import { present, rate } from "./kit/measure.ts";
import { collection, THREE_HOURLY } from "./validic_api.ts";
import { codesOf, readFigures, variabilityOf, VITALS } from "./validic_metrics.ts";
import { figuresOf } from "./validic_units.ts";

/**
 * Of what Fitbit has to give, `sleep_score` is its efficiency.
 * @see https://validic.atlassian.net/wiki/spaces/VCS/pages/2691760135/Inform+Sleep+Score
 */
const EFFICIENCIES: ReadonlySet<string> = new Set(["fitbit"]);

const sleep = collection("sleep", {
  produces: ["sleep_score", ...codesOf(VITALS)],
  sessions: ["sleep"],
  poll: THREE_HOURLY,
  *read(row, at) {
    const { end } = at;
    if (!end) return yield { kind: "quarantine", reason: "no_time" };
    if (end <= at.start) return yield { kind: "quarantine", reason: "interval_inverted" };
    const of = figuresOf(row.metrics ?? []);
    const hrv = of.milliseconds("heart_rate_variability");
    const method = variabilityOf(row);
    const score = of.percent("sleep_score");
    const isEfficiency = EFFICIENCIES.has(row.source.type ?? "");
    const { start, offsetMinutes } = at;
    const night = { start, end, ...present({ offsetMinutes }) };
    yield {
      kind: "sleep",
      ...night,
      ...present({
        inBedSeconds: of.seconds("in_bed_duration"),
        asleepSeconds: of.seconds("sleep_duration"),
        deepSeconds: of.seconds("deep_sleep", "deep_sleep_duration"),
        lightSeconds: of.seconds("light_sleep", "light_sleep_duration"),
        remSeconds: of.seconds("rem_sleep", "rem_sleep_duration"),
        awakeSeconds: of.seconds("awake_duration"),
        latencySeconds: of.seconds("time_to_fall_asleep"),
        disturbances: of.count("awake_count"),
        hrAverage: of.beats("avg_heart_rate", "heart_rate_avg"),
        hrMinimum: of.beats("min_heart_rate"),
        respiratoryRate: of.breaths("respiratory_rate"),
        spo2Average: of.percent("avg_spo2", "spo2"),
        hrvRmssd: method === "hrv_rmssd" ? hrv : undefined,
        hrvSdnn: method === "hrv_sdnn" ? hrv : undefined,
        efficiencyPercent: isEfficiency ? score : undefined,
        vendorScore: isEfficiency ? undefined : score,
        device: at.device,
      }),
    };
    if (!isEfficiency) yield* rate("sleep_score", score, [0, 100], night);
    yield* readFigures(VITALS, row, at);
    yield* of.unreadable();
  },
});

export const VALIDIC_SLEEP = [sleep] as const;
