/**
 * Strava's `SportType` in our words.
 * @see https://developers.strava.com/docs/reference/#api-models-SportType
 */
const SPORTS: ReadonlyMap<string, string> = new Map(Object.entries({
  AlpineSki: "alpine_skiing",
  BackcountrySki: "backcountry_skiing",
  Badminton: "badminton",
  Baseball: "baseball",
  Basketball: "basketball",
  Canoeing: "canoeing",
  Cricket: "cricket",
  Crossfit: "cardio_training",
  Dance: "dance",
  EBikeRide: "e_biking",
  Elliptical: "elliptical",
  EMountainBikeRide: "e_biking",
  Football: "american_football",
  Golf: "golf",
  GravelRide: "cycling",
  Handcycle: "hand_cycling",
  HighIntensityIntervalTraining: "cardio_training",
  HIIT: "cardio_training",
  Hike: "hiking",
  Hockey: "hockey",
  IceSkate: "ice_skating",
  InlineSkate: "inline_skating",
  Kayaking: "kayaking",
  Kitesurf: "kitesurfing",
  Lacrosse: "lacrosse",
  MartialArts: "martial_arts",
  MountainBikeRide: "mountain_biking",
  NordicSki: "cross_country_skiing",
  Padel: "padel",
  Pickleball: "pickleball",
  Pilates: "pilates",
  Racquetball: "racquetball",
  Ride: "cycling",
  RockClimbing: "rock_climbing",
  RollerSki: "cross_country_skiing",
  Rowing: "rowing",
  Rugby: "rugby",
  Run: "running",
  Sail: "sailing",
  Skateboard: "skateboarding",
  Snowboard: "snowboarding",
  Snowshoe: "snowshoeing",
  Soccer: "soccer",
  Squash: "squash",
  StairStepper: "stair_climbing",
  StandUpPaddling: "stand_up_paddleboarding",
  Surfing: "surfing",
  Swim: "swimming",
  TableTennis: "table_tennis",
  Tennis: "tennis",
  TrailRun: "trail_running",
  Velomobile: "cycling",
  VirtualRide: "indoor_cycling",
  VirtualRow: "rowing_machine",
  VirtualRun: "running",
  Volleyball: "volleyball",
  Walk: "walking",
  WeightTraining: "strength_training",
  Wheelchair: "wheelchair",
  Windsurf: "windsurfing",
  Workout: "other",
  Yoga: "yoga",
}));

/** What a cadence counts, which Strava leaves to the sport; of the others it counts something else. */
const RUNNING: ReadonlySet<string> = new Set(["running", "trail_running"]);
const CYCLING: ReadonlySet<string> = new Set([
  "cycling",
  "e_biking",
  "hand_cycling",
  "indoor_cycling",
  "mountain_biking",
]);

export interface Sport {
  readonly sport_type?: string | null | undefined;
  /** The older word, still sent: it stands in for a `sport_type` that is newer than this table. */
  readonly type?: string | null | undefined;
}

/** Our word for the sport; nothing where Strava names none. */
export function sportOf({ sport_type, type }: Sport): string | undefined {
  if (sport_type == null && type == null) return undefined;
  return SPORTS.get(sport_type ?? "") ?? SPORTS.get(type ?? "") ?? "other";
}

export function cadenceOf(sport: Sport): "running" | "cycling" | undefined {
  const word = sportOf(sport) ?? "";
  if (RUNNING.has(word)) return "running";
  return CYCLING.has(word) ? "cycling" : undefined;
}
