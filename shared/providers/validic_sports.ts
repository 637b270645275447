/**
 * Names of workouts in our words. A name is "a free form field that defines the workout type", and comes
 * as the source has it; these are names that Validic's documents show. One that is not here is told by
 * its category.
 * @see https://helpdocs.validic.com/docs/inform-connect-submit-workouts
 * @see https://helpdocs.validic.com/changelog/garmin-connect-data-metrics-expanded
 */
const NAMES: ReadonlyMap<string, string> = new Map(Object.entries({
  backcountry_snowboarding: "snowboarding",
  bike: "cycling",
  biking: "cycling",
  bmx: "cycling",
  breathwork: "guided_breathing",
  cross_country_skiing_ws: "cross_country_skiing",
  disc_golf: "disc_sports",
  downhill_skiing: "alpine_skiing",
  e_bike_fitness: "e_biking",
  e_bike_mountain: "e_biking",
  field_hockey: "hockey",
  floor_climbing: "stair_climbing",
  gravel_cycling: "cycling",
  handcycling: "hand_cycling",
  hike: "hiking",
  ice_hockey: "hockey",
  indoor_handcycling: "hand_cycling",
  kiteboarding: "kitesurfing",
  mixed_martial_arts: "martial_arts",
  obstacle_run: "running",
  run: "running",
  skating: "ice_skating",
  swim: "swimming",
  walk: "walking",
}));

/** Names that are our words too. */
const SAME: ReadonlySet<string> = new Set(
  (
    "american_football badminton baseball basketball bouldering boxing cricket cross_country_skiing " +
    "cycling elliptical fishing hiit hiking indoor_climbing indoor_running kayaking lacrosse " +
    "meditation mountain_biking rowing running snowboarding swimming walking yoga"
  ).split(" "),
);

/** The closed list of categories. */
const CATEGORIES: ReadonlyMap<string, string> = new Map(Object.entries({
  biking: "cycling",
  cardio: "cardio_training",
  running: "running",
  strength: "strength_training",
  swimming: "swimming",
  walking: "walking",
}));

/** Our word for a workout; nothing where it has neither name nor category. */
export function validicSport(
  { name, category }: {
    readonly name?: string | null | undefined;
    readonly category?: string | null | undefined;
  },
): string | undefined {
  if (name == null && category == null) return undefined;
  const word = (name ?? "").trim().toLowerCase().replaceAll(/[^a-z\d]+/g, "_");
  const known = SAME.has(word) ? word : NAMES.get(word);
  return known ?? CATEGORIES.get(category?.toLowerCase() ?? "") ?? "other";
}
