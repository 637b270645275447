/**
 * Sports in our words. ROOK publishes no list: it passes the services' own names on ("Mountain Biking",
 * "Run", "RUNNING"). These are the ones that Garmin, Fitbit, Polar, Oura, WHOOP and Withings use for what
 * has a word of ours; another is `other`, with its name kept beside it.
 * @see https://docs.tryrook.io/api
 * @see https://github.com/SalvatoreCordano/DataStructure/tree/main/Physical
 */
const SPORTS: ReadonlyMap<string, string> = new Map(Object.entries({
  bike: "cycling",
  bicycling: "cycling",
  crossfit: "cardio_training",
  dancing: "dance",
  functional_strength_training: "strength_training",
  hike: "hiking",
  hiit: "cardio_training",
  indoor_biking: "indoor_cycling",
  indoor_rowing: "rowing_machine",
  lap_swimming: "pool_swimming",
  meditating: "meditation",
  mountain_bike: "mountain_biking",
  open_water_swim: "open_water_swimming",
  outdoor_bike: "cycling",
  road_biking: "cycling",
  run: "running",
  skiing: "alpine_skiing",
  spinning: "indoor_cycling",
  stationary_bike: "indoor_cycling",
  swim: "swimming",
  trail_run: "trail_running",
  treadmill: "treadmill_running",
  walk: "walking",
  weightlifting: "strength_training",
  weights: "strength_training",
}));

/** Names that are our word too. */
const SAME: ReadonlySet<string> = new Set(
  (
    "alpine_skiing badminton baseball basketball boxing cross_country_skiing cycling dance elliptical " +
    "fencing golf gymnastics handball hiking hockey ice_skating indoor_cycling kayaking kickboxing " +
    "martial_arts meditation mountain_biking open_water_swimming pilates rock_climbing rowing rugby " +
    "running sailing snowboarding soccer softball squash stair_climbing strength_training surfing " +
    "swimming table_tennis tennis trail_running treadmill_running triathlon volleyball walking yoga"
  ).split(" "),
);

/** Sports whose revolutions a minute are of a crank. */
const CYCLING: ReadonlySet<string> = new Set(["cycling", "indoor_cycling", "mountain_biking"]);

/** Our word for the sport, however it is cased and spaced; nothing where there is no name. */
export function rookSport(name: string | null | undefined): string | undefined {
  if (name == null) return undefined;
  const word = name.trim().toLowerCase().replaceAll(/[\s-]+/g, "_");
  return SPORTS.get(word) ?? (SAME.has(word) ? word : "other");
}

export function isCycling(sport: string | undefined): boolean {
  return sport !== undefined && CYCLING.has(sport);
}
