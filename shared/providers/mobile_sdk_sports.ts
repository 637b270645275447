/** Sports whose name is our word too, of HealthKit's and Health Connect's lists. */
const SAME = new Set(
  `american_football archery badminton baseball basketball bowling boxing cricket
  cross_country_skiing curling cycling dance disc_sports elliptical fencing fishing golf gymnastics
  hand_cycling handball hiking hockey hunting ice_skating lacrosse martial_arts meditation other
  paddling paragliding pickleball pilates play racquetball rock_climbing rowing rowing_machine rugby
  running sailing skating snow_sports snowboarding snowshoeing soccer softball squash stair_climbing
  strength_training stretching surfing swimming table_tennis tennis transition triathlon volleyball
  walking water_polo water_sports wheelchair wrestling yoga`.split(/\s+/),
);

/** The others, in our words. */
const SPORTS: Readonly<Record<string, string>> = {
  australian_football: "football",
  barre: "aerobics",
  boot_camp: "cardio_training",
  calisthenics: "strength_training",
  cardio_dance: "dance",
  climbing: "rock_climbing",
  cooldown: "stretching",
  core_training: "strength_training",
  cross_training: "cardio_training",
  cycling_stationary: "indoor_cycling",
  dance_inspired_training: "dance",
  dancing: "dance",
  downhill_skiing: "alpine_skiing",
  equestrian: "horseback_riding",
  exercise_class: "cardio_training",
  fitness_gaming: "gaming",
  flexibility: "stretching",
  football_american: "american_football",
  football_australian: "football",
  frisbee_disc: "disc_sports",
  functional_strength_training: "strength_training",
  guided_breathing: "meditation",
  hiit: "cardio_training",
  high_intensity_interval_training: "cardio_training",
  ice_hockey: "hockey",
  jump_rope: "cardio_training",
  kickboxing: "boxing",
  mind_and_body: "stretching",
  mixed_cardio: "cardio_training",
  mixed_metabolic_cardio_training: "cardio_training",
  paddle_sports: "paddling",
  preparation_and_recovery: "stretching",
  roller_hockey: "hockey",
  running_treadmill: "treadmill_running",
  scuba_diving: "diving",
  skiing: "alpine_skiing",
  social_dance: "dance",
  stair_climbing_machine: "stair_climbing",
  stairs: "stair_climbing",
  step_training: "aerobics",
  swim_bike_run: "triathlon",
  swimming_open_water: "open_water_swimming",
  swimming_pool: "pool_swimming",
  tai_chi: "martial_arts",
  track_and_field: "running",
  traditional_strength_training: "strength_training",
  underwater_diving: "diving",
  water_fitness: "swimming",
  weightlifting: "strength_training",
  wheelchair_run: "wheelchair",
  wheelchair_walk: "wheelchair",
};

/** Samsung Health's own numbers, sent by versions before 0.13. */
const SAMSUNG: Readonly<Record<string, string>> = {
  "1001": "walking",
  "1002": "running",
  "11007": "cycling",
  "13001": "hiking",
  "14001": "swimming",
};

/** Our word for a sport, whatever the case; what we have no word for is `other`. */
export function sportOf(name: string | null | undefined): string | undefined {
  if (name == null) return undefined;
  const word = name.trim().toLowerCase();
  return SAME.has(word) ? word : SPORTS[word] ?? SAMSUNG[word] ?? "other";
}
