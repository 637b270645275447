/**
 * Wahoo's types of workout, by their number in `workout_type_id`, in our words; what is not listed is
 * `other`, and the number is kept beside it.
 * @see https://cloud-api.wahooligan.com/#workout-types
 */
const SPORTS: Readonly<Record<number, string>> = {
  0: "cycling",
  1: "running",
  3: "running",
  4: "trail_running",
  5: "indoor_running",
  6: "walking",
  7: "walking",
  8: "nordic_walking",
  9: "hiking",
  10: "mountaineering",
  11: "cycling",
  12: "indoor_cycling",
  13: "mountain_biking",
  14: "cycling",
  15: "cycling",
  16: "cycling",
  17: "motorcycling",
  19: "indoor_running",
  20: "elliptical",
  21: "indoor_cycling",
  22: "rowing_machine",
  23: "stair_climbing",
  25: "swimming",
  26: "open_water_swimming",
  27: "snowboarding",
  28: "alpine_skiing",
  29: "alpine_skiing",
  30: "cross_country_skiing",
  31: "inline_skating",
  32: "ice_skating",
  33: "inline_skating",
  34: "skateboarding",
  35: "sailing",
  36: "windsurfing",
  37: "canoeing",
  38: "kayaking",
  39: "rowing",
  40: "kitesurfing",
  41: "stand_up_paddleboarding",
  43: "cardio_training",
  44: "stair_climbing",
  45: "wheelchair",
  46: "golf",
  49: "indoor_cycling",
  56: "walking",
  61: "indoor_cycling",
  62: "multisport",
  64: "e_biking",
  66: "yoga",
  67: "running",
  68: "indoor_cycling",
  70: "hand_cycling",
  71: "indoor_running",
};

/** Types that turn a crank: of the others it is not documented what `cadence_avg` counts. */
const CRANKS = new Set([0, 11, 12, 13, 14, 15, 16, 21, 49, 61, 64, 68, 70]);

/** Our word for a type; nothing where Wahoo names none. */
export function sportOf(type: number | null | undefined): string | undefined {
  return type == null ? undefined : SPORTS[type] ?? "other";
}

export function hasCrank(type: number | null | undefined): boolean {
  return type != null && CRANKS.has(type);
}
