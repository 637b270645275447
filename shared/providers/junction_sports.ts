/**
 * Junction's sports in our words, by their slug. Junction publishes no list: these are the slugs that
 * differ from ours among those seen; an unknown one is `other`, with its slug kept beside it.
 */
const SPORTS: ReadonlyMap<string, string> = new Map(Object.entries({
  bike: "cycling",
  biking: "cycling",
  crossfit: "cardio_training",
  football: "american_football",
  hiit: "cardio_training",
  indoor_rowing: "rowing_machine",
  mountain_bike: "mountain_biking",
  road_biking: "cycling",
  spinning: "indoor_cycling",
  stationary_biking: "indoor_cycling",
  trail_run: "trail_running",
  treadmill_running: "running",
  weightlifting: "strength_training",
  wheelchair_pushing: "wheelchair",
}));

/** Sports that Junction and we call alike. */
const SAME: ReadonlySet<string> = new Set(
  (
    "alpine_skiing badminton baseball basketball boxing cricket cross_country_skiing cycling dance " +
    "elliptical fencing golf gymnastics handball hiking hockey ice_skating indoor_cycling kayaking " +
    "kickboxing lacrosse martial_arts meditation mountain_biking pilates rock_climbing rowing rugby " +
    "running sailing snowboarding soccer softball squash stair_climbing strength_training surfing " +
    "swimming table_tennis tennis trail_running volleyball walking water_polo yoga"
  ).split(" "),
);

export interface JunctionSport {
  readonly slug?: string | null | undefined;
  /** Stands in where the slug is missing, as in Junction's own example. */
  readonly name?: string | null | undefined;
}

/** Our word for the sport; nothing where Junction names none. */
export function junctionSport(sport: JunctionSport | null | undefined): string | undefined {
  const named = sport?.slug ?? sport?.name;
  if (named == null) return undefined;
  const word = named.toLowerCase().replaceAll(/[^a-z\d]+/g, "_");
  return SPORTS.get(word) ?? (SAME.has(word) ? word : "other");
}
