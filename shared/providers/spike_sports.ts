/**
 * Spike's activities in our words. Its list of types is longer than what is to be read of it: a type that
 * is no word of ours is told by its tag, and `other` without one; the type is kept beside it.
 * @see https://docs.spikeapi.com/technical-references/activity_matrix
 * @see https://docs.spikeapi.com/api-docs/releases types added since
 */
const TYPES: ReadonlyMap<string, string> = new Map(Object.entries({
  climbing: "rock_climbing",
  dancing: "dance",
  functional_fitness: "strength_training",
  jumping: "cardio_training",
  mindfulness: "meditation",
  on_foot: "walking",
  stroller: "walking",
}));

/** Those that Spike and we call alike. */
const SAME: ReadonlySet<string> = new Set(
  (
    "alpine_skiing badminton basketball boxing cross_country_skiing cycling elliptical golf hiking " +
    "hockey indoor_cycling martial_arts meditation mountain_biking pilates rock_climbing rowing " +
    "running sailing snowboarding soccer strength_training stretching surfing swimming tennis " +
    "trail_running volleyball walking yoga"
  ).split(" "),
);

export interface SpikeActivity {
  readonly workout_type?: string | null | undefined;
  /** Kinds of activity, and words that say nothing of one (`workout`). */
  readonly workout_tags?: readonly string[] | null | undefined;
}

/** Our word for the sport; nothing where Spike names none. */
export function spikeSport({ workout_type, workout_tags }: SpikeActivity): string | undefined {
  const words = [workout_type, ...workout_tags ?? []].filter((word) => word != null);
  const known = words.map((word) => TYPES.get(word) ?? (SAME.has(word) ? word : undefined))
    .find((word) => word !== undefined);
  return known ?? (workout_type == null ? undefined : "other");
}
