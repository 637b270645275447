import { z } from "zod";
import { sources } from "../metrics/preferences.ts";
import { answerOf } from "./parts.ts";

export const preferences = z.object({
  timeZone: z.string().nullable().meta({
    description:
      "Zone of the person's days where a reading itself says nothing; null where unknown",
  }),
  sources,
}).meta({ id: "Preferences" });

export const preferencesAnswer = answerOf(preferences).meta({ id: "PreferencesAnswer" });
