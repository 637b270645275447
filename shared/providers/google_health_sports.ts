/**
 * Google Health's `exerciseType` in our words. What is no sport (housework, an electric scooter) and
 * what is not listed is `other`, and Google's own word is kept beside it.
 * @see https://developers.google.com/health/reference/rest/v4/users.dataTypes.dataPoints#ExerciseType
 */
const SPORTS: Readonly<Record<string, string>> = {
  AEROBIC_WORKOUT: "cardio_training",
  ASSAULT_BIKE: "indoor_cycling",
  BACKPACKING: "hiking",
  BALLET: "dance",
  BALLROOM_DANCE: "dance",
  BARRE_CLASS: "group_exercise",
  BIKING: "cycling",
  BODY_WEIGHT: "strength_training",
  BOOTCAMP: "cardio_training",
  BREAKDANCING: "dance",
  CALISTHENICS: "strength_training",
  CARDIO_SCULPT: "cardio_training",
  CARDIO_WORKOUT: "cardio_training",
  CIRCUIT_TRAINING: "cardio_training",
  CLIMBING: "rock_climbing",
  CORE_TRAINING: "strength_training",
  CROSSFIT: "cardio_training",
  CROSS_COUNTRY_SKI: "cross_country_skiing",
  CROSS_TRAINING: "cardio_training",
  DANCING: "dance",
  ELECTRIC_BIKE: "e_biking",
  EQUESTRIAN_SPORTS: "horseback_riding",
  EXERCISE_CLASS: "group_exercise",
  FIELD_HOCKEY: "hockey",
  FOOTBALL_AMERICAN: "american_football",
  FOOTBALL_AUSTRALIAN: "australian_football",
  FREE_WEIGHTS: "strength_training",
  FUNCTIONAL_STRENGTH_TRAINING: "strength_training",
  HAND_CYCLING: "hand_cycling",
  HIIT: "cardio_training",
  HIP_HOP: "dance",
  INCLINE_RUN: "running",
  INCLINE_WALK: "walking",
  INDOOR_CLIMBING: "rock_climbing",
  INTERVAL_WORKOUT: "cardio_training",
  JAZZ_DANCE: "dance",
  JIU_JITSU: "martial_arts",
  JUMPING_ROPE: "cardio_training",
  KARATE: "martial_arts",
  MEDITATE: "meditation",
  MODERN_DANCE: "dance",
  MOTOCROSS: "motorcycling",
  MOTORCYCLE: "motorcycling",
  MOUNTAIN_BIKE: "mountain_biking",
  MUAY_THAI: "martial_arts",
  NORDIC_WALKING: "walking",
  OUTDOOR_BIKE: "cycling",
  PADDLEBOARDING: "stand_up_paddleboarding",
  PICKELBALL: "pickleball",
  POWERLIFTING: "strength_training",
  POWER_WALKING: "walking",
  RESISTANCE_BANDS: "strength_training",
  ROLLERBLADING: "inline_skating",
  ROLLER_SKATING: "inline_skating",
  RUCKING: "hiking",
  SCUBA_DIVING: "diving",
  SKATING: "ice_skating",
  SKIING: "alpine_skiing",
  SNOWSHOEING: "snowshoeing",
  SPEED_SKATING: "ice_skating",
  SPINNING: "indoor_cycling",
  STAIRCLIMBER: "stair_climbing",
  STATIONARY_BIKE: "indoor_cycling",
  STEP_TRAINING: "cardio_training",
  STROLLER_WALK: "walking",
  SWIMMING_OPEN_WATER: "open_water_swimming",
  SWIMMING_POOL: "swimming",
  SYNCHRONIZED_SWIMMING: "swimming",
  TABATA_WORKOUT: "cardio_training",
  TAEKWONDO: "martial_arts",
  TANGO: "dance",
  TRACK_AND_FIELD: "running",
  TRAIL_RUN: "trail_running",
  TREADMILL: "treadmill_running",
  TREADMILL_WALK: "walking",
  TRX: "strength_training",
  VOLLEYBALL_BEACH: "volleyball",
  WALK_WITH_WEIGHTS: "walking",
  WATER_AEROBICS: "cardio_training",
  WATER_JOGGING: "cardio_training",
  WEIGHTLIFTING: "strength_training",
  WEIGHTS: "strength_training",
  WEIGHT_MACHINES: "strength_training",
  YOGA_BIKRAM: "yoga",
  YOGA_HATHA: "yoga",
  YOGA_POWER: "yoga",
  YOGA_VINYASA: "yoga",
  ZUMBA: "dance",
};

/** Sports that Google and we call alike. */
const SAME: ReadonlySet<string> = new Set(
  (
    "ARCHERY BADMINTON BASEBALL BASKETBALL BOWLING BOXING CANOEING CRICKET CURLING DIVING ELLIPTICAL " +
    "FENCING FISHING GOLF GYMNASTICS HANDBALL HIKING HOCKEY ICE_SKATING KAYAKING KICKBOXING " +
    "KITESURFING LACROSSE MARTIAL_ARTS MULTISPORT ORIENTEERING PADEL PARAGLIDING PARKOUR PILATES " +
    "POLO RACQUETBALL ROCK_CLIMBING ROWING ROWING_MACHINE RUGBY RUNNING SAILING SKATEBOARDING " +
    "SNORKELING SNOWBOARDING SOCCER SOFTBALL SQUASH STRENGTH_TRAINING STRETCHING SURFING SWIMMING " +
    "TABLE_TENNIS TAI_CHI TENNIS VOLLEYBALL WAKEBOARDING WALKING WATER_POLO WATER_SKIING " +
    "WHEELCHAIR WINDSURFING WRESTLING YOGA"
  ).split(" "),
);

/** Our word for a sport; nothing where Google names none. */
export function sportOf(exerciseType: string | null | undefined): string | undefined {
  if (!exerciseType || exerciseType === "EXERCISE_TYPE_UNSPECIFIED") return undefined;
  return SPORTS[exerciseType] ?? (SAME.has(exerciseType) ? exerciseType.toLowerCase() : "other");
}
