/** Validic's workouts; quirks in `validic.ts`. */
import { present } from "./kit/measure.ts";
import { collection, THREE_HOURLY } from "./validic_api.ts";
import { validicSport } from "./validic_sports.ts";
import { figuresOf } from "./validic_units.ts";

/** From the easiest up; a source has those that its devices know. */
const ZONES = ["rest", "very_low", "low", "medium", "high", "very_high"]
  .map((name) => `heart_rate_zone_${name}`);

const workouts = collection("workouts", {
  aliases: ["workout"],
  produces: [],
  sessions: ["workout"],
  poll: THREE_HOURLY,
  *read(row, at) {
    const { end } = at;
    if (!end) return yield { kind: "quarantine", reason: "no_time" };
    if (end < at.start) return yield { kind: "quarantine", reason: "interval_inverted" };
    const of = figuresOf(row.metrics ?? []);
    const zones = ZONES.map((zone) => of.seconds(zone)).filter((one) => one !== undefined);
    yield {
      kind: "workout",
      start: at.start,
      end,
      ...present({
        offsetMinutes: at.offsetMinutes,
        type: validicSport(row),
        vendorType: row.name ?? row.category,
        durationSeconds: of.seconds("workout_duration"),
        movingSeconds: of.seconds("active_duration"),
        distanceMetres: of.metres("distance"),
        energyKilocalories: of.kilocalories("energy_burned", "calories_burned"),
        energyActiveKilocalories: of.kilocalories("active_energy_burned"),
        energyBasalKilocalories: of.kilocalories("basal_energy_burned"),
        steps: of.count("steps"),
        hrAverage: of.beats("avg_heart_rate", "heart_rate_avg"),
        hrMaximum: of.beats("max_heart_rate"),
        hrMinimum: of.beats("min_heart_rate"),
        averageSpeed: of.metresPerSecond("avg_speed"),
        maximumSpeed: of.metresPerSecond("max_speed"),
        averagePowerWatts: of.watts("avg_power"),
        zoneSeconds: zones.length > 0 ? zones : undefined,
        device: at.device,
      }),
    };
    yield* of.unreadable();
  },
});

export const VALIDIC_WORKOUTS = [workouts] as const;
