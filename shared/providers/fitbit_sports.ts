/**
 * Fitbit's `activityName` in our words, of those that its trackers and its app wrote; people could
 * name activities as they liked, so what is not listed is `other`, and the name is kept beside it.
 * @see https://dev.fitbit.com/build/reference/web-api/activity/get-all-activity-types/
 */
const SPORTS: ReadonlyMap<string, string> = new Map(Object.entries({
  "aerobic workout": "cardio_training",
  aerobics: "cardio_training",
  bike: "cycling",
  bootcamp: "cardio_training",
  boxing: "boxing",
  canoeing: "canoeing",
  "circuit training": "cardio_training",
  "cross-country skiing": "cross_country_skiing",
  crossfit: "cardio_training",
  dancing: "dance",
  elliptical: "elliptical",
  golf: "golf",
  hike: "hiking",
  hiit: "cardio_training",
  hockey: "hockey",
  "indoor climbing": "rock_climbing",
  "interval workout": "cardio_training",
  kayaking: "kayaking",
  kickboxing: "kickboxing",
  "martial arts": "martial_arts",
  meditating: "meditation",
  "mountain bike": "mountain_biking",
  "open water swim": "open_water_swimming",
  "outdoor bike": "cycling",
  paddleboarding: "stand_up_paddleboarding",
  pilates: "pilates",
  "powerlifting": "strength_training",
  "rock climbing": "rock_climbing",
  rollerblading: "inline_skating",
  rowing: "rowing",
  "rowing machine": "rowing_machine",
  run: "running",
  running: "running",
  skating: "ice_skating",
  skiing: "alpine_skiing",
  snowboarding: "snowboarding",
  soccer: "soccer",
  spinning: "indoor_cycling",
  stairclimber: "stair_climbing",
  "stationary bike": "indoor_cycling",
  "strength training": "strength_training",
  surfing: "surfing",
  swim: "swimming",
  swimming: "swimming",
  tennis: "tennis",
  "trail run": "trail_running",
  treadmill: "treadmill_running",
  "treadmill run": "treadmill_running",
  walk: "walking",
  walking: "walking",
  weightlifting: "strength_training",
  weights: "strength_training",
  yoga: "yoga",
}));

/** Our word for a sport; nothing where Fitbit names none. */
export function sportOf(activityName: string | null | undefined): string | undefined {
  const name = activityName?.trim().toLowerCase();
  if (!name) return undefined;
  return SPORTS.get(name) ?? "other";
}
