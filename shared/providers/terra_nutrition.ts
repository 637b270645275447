/** Terra's food and water of a day; quirks in `terra.ts`. */
import { z } from "zod";
import { grams, kilocalories, milligrams, millilitres } from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { dayOfRecord, dayRecord, maybeNumber, metadata } from "./terra_samples.ts";

const row = z.looseObject({
  metadata,
  summary: z.looseObject({
    macros: z.looseObject({
      calories: maybeNumber,
      protein_g: maybeNumber,
      carbohydrates_g: maybeNumber,
      fat_g: maybeNumber,
      fiber_g: maybeNumber,
    }).nullish(),
    micros: z.looseObject({ caffeine_mg: maybeNumber }).nullish(),
    water_ml: maybeNumber,
  }).nullish(),
});

/**
 * The day's sums. Meals and drinks are left in raw: a food diary stamps all that was eaten at one
 * meal with one time, so that its entries would overwrite each other as samples.
 */
export const nutrition = resource({
  name: "nutrition",
  aliases: ["nutrition", "GET /nutrition"],
  produces: [
    "energy_intake",
    "protein_intake",
    "carbohydrate_intake",
    "fat_intake",
    "fiber_intake",
    "caffeine_intake",
    "water_intake",
  ],
  page: listOf(row, { rows: "data" }),
  record: dayRecord,
  *normalise(row) {
    const day = dayOfRecord(row);
    if (!day) return yield { kind: "quarantine", reason: "no_identity" };
    const { macros, micros, water_ml } = row.summary ?? {};
    yield* measure("energy_intake", kilocalories(macros?.calories), day);
    yield* measure("protein_intake", grams(macros?.protein_g), day);
    yield* measure("carbohydrate_intake", grams(macros?.carbohydrates_g), day);
    yield* measure("fat_intake", grams(macros?.fat_g), day);
    yield* measure("fiber_intake", grams(macros?.fiber_g), day);
    yield* measure("caffeine_intake", milligrams(micros?.caffeine_mg), day);
    yield* measure("water_intake", millilitres(water_ml), day);
  },
});
