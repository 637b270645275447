/**
 * WHOOP's sports in our words, by `sport_name` in lower case with `_` for all that is no letter or
 * digit: the API writes `hiking-rucking`, its documents "Hiking/Rucking". What is no sport (a sauna,
 * a commute) and what is not listed is `other`; WHOOP's own word is kept beside it.
 * @see https://developer.whoop.com/docs/developing/user-data/workout
 */
const SPORTS: ReadonlyMap<string, string> = new Map(Object.entries({
  assault_bike: "indoor_cycling",
  babywearing: "walking",
  barre: "group_exercise",
  barre3: "group_exercise",
  barrys: "group_exercise",
  barry_s: "group_exercise",
  box_fitness: "boxing",
  caddying: "walking",
  circus_arts: "dance",
  climber: "stair_climbing",
  disc_golf: "disc_golf",
  dog_walking: "walking",
  duathlon: "multisport",
  f45_training: "group_exercise",
  field_hockey: "hockey",
  football: "american_football",
  functional_fitness: "cardio_training",
  hiit: "cardio_training",
  hiking_rucking: "hiking",
  hot_yoga: "yoga",
  hurling_camogie: "hurling",
  hurling_and_camogie: "hurling",
  ice_hockey: "hockey",
  jiu_jitsu: "martial_arts",
  jumping_rope: "cardio_training",
  kite_boarding: "kitesurfing",
  motocross: "motorcycling",
  motor_racing: "motor_sports",
  obstacle_course_racing: "cardio_training",
  paddle_tennis: "padel",
  paddleboarding: "stand_up_paddleboarding",
  powerlifting: "strength_training",
  skiing: "alpine_skiing",
  spin: "indoor_cycling",
  stadium_steps: "stair_climbing",
  stage_performance: "dance",
  stairmaster: "stair_climbing",
  strength_trainer: "strength_training",
  stroller_jogging: "running",
  stroller_walking: "walking",
  toddlerwearing: "walking",
  track_and_field: "running",
  track_field: "running",
  weightlifting: "strength_training",
  wheelchair_pushing: "wheelchair",
}));

/** Sports that WHOOP and we call alike. */
const SAME: ReadonlySet<string> = new Set(
  (
    "australian_football badminton baseball basketball boxing cricket cross_country_skiing cycling " +
    "dance diving elliptical fencing gaelic_football golf gymnastics handball horseback_riding " +
    "ice_skating inline_skating kayaking kickboxing lacrosse martial_arts meditation " +
    "mountain_biking netball padel parkour pickleball pilates polo rock_climbing rowing rugby " +
    "running sailing skateboarding snowboarding soccer softball squash stretching surfing swimming " +
    "table_tennis tennis triathlon volleyball wakeboarding walking water_polo water_skiing " +
    "wrestling yoga"
  ).split(" "),
);

/** Our word for a sport; nothing where WHOOP names none. */
export function sportOf(name: string | null | undefined): string | undefined {
  const slug = name?.trim().toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  if (!slug) return undefined;
  return SPORTS.get(slug) ?? (SAME.has(slug) ? slug : "other");
}
