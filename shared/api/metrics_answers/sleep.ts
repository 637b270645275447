import { z } from "zod";
import { answerOf, day, offsetMinutes, sourceRef, time } from "./parts.ts";

const seconds = z.number().optional().meta({ description: "Seconds" });

const session = z.object({
  id: z.string(),
  source: sourceRef,
  start: time,
  end: time,
  offsetMinutes: offsetMinutes.optional(),
  localDate: day.meta({ description: "The day of waking" }),
  isNap: z.boolean().optional().meta({
    description: "As the provider says; absent where it does not",
  }),
  inBedSeconds: z.number().meta({
    description: "Seconds from the start to the end unless the provider says",
  }),
  asleepSeconds: seconds,
  deepSeconds: seconds,
  lightSeconds: seconds,
  remSeconds: seconds,
  awakeSeconds: seconds,
  latencySeconds: seconds,
  efficiency: z.number().optional().meta({ description: "Per cent: asleep / in bed" }),
  vendorEfficiency: z.number().optional().meta({
    description: "Per cent, as the provider reckons it",
  }),
  hrAverage: z.number().optional(),
  hrMinimum: z.number().optional(),
  hrvRmssd: z.number().optional(),
  hrvSdnn: z.number().optional(),
  respiratoryRate: z.number().optional(),
  spo2Average: z.number().optional(),
  disturbances: z.number().optional(),
  vendorScore: z.number().optional(),
  stages: z.array(z.object({
    stage: z.enum(["unknown", "awake", "asleep", "light", "deep", "rem", "in_bed", "out_of_bed"]),
    start: time,
    end: time,
  })),
}).meta({ id: "SleepSession" });

export const sleep = z.object({
  localDate: day.nullable().meta({ description: "The day of waking; null without any sleep" }),
  sleep: session.nullable().meta({ description: "The longest of that day, by the best source" }),
  parts: z.array(session).meta({
    description: "The same night's other sleeps, by the same source",
  }),
  naps: z.array(session).meta({ description: "Naps of that day and since, by the same source" }),
  alsoSeenBy: z.array(z.object({
    source: sourceRef,
    asleepSeconds: seconds,
    rule: z.string().meta({ description: "Why it came behind" }),
  })).meta({ description: "Other sources that have the same day" }),
});

export const sleepAnswer = answerOf(sleep).meta({ id: "SleepAnswer" });
