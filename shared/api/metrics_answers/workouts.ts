import { z } from "zod";
import { day, offsetMinutes, pageOf, sourceRef, time } from "./parts.ts";

const optional = (description: string) => z.number().optional().meta({ description });

const lap = z.object({
  start: time,
  end: time,
  distanceMetres: optional("Metres"),
  energyKilocalories: optional("Kilocalories"),
  hrAverage: optional("Beats per minute"),
  hrMaximum: optional("Beats per minute"),
  averagePowerWatts: optional("Watts"),
}).meta({ id: "Lap" });

export const workout = z.object({
  id: z.string(),
  source: sourceRef,
  type: z.string().optional().meta({ description: "Our word for the sport", example: "running" }),
  vendorType: z.string().optional().meta({ description: "The provider's word or number" }),
  start: time,
  end: time,
  offsetMinutes: offsetMinutes.optional(),
  localDate: day,
  durationSeconds: z.number(),
  movingSeconds: optional("Without the pauses"),
  distanceMetres: optional("Metres"),
  paceSecondsPerKilometre: optional("Moving time over distance; absent without a distance"),
  averageSpeed: optional("Metres per second"),
  maximumSpeed: optional("Metres per second"),
  energyKilocalories: optional("Kilocalories"),
  steps: optional("Steps"),
  hrAverage: optional("Beats per minute"),
  hrMaximum: optional("Beats per minute"),
  hrMinimum: optional("Beats per minute"),
  averagePowerWatts: optional("Watts"),
  maximumPowerWatts: optional("Watts"),
  elevationGainMetres: optional("Metres"),
  strain: optional("0 to 21"),
  zoneSeconds: z.array(z.number()).optional().meta({
    description: "Seconds in each of the provider's heart rate zones, lowest first",
  }),
  laps: z.array(lap).optional().meta({
    description: "As they were marked: a press of the button, a kilometre, a length of the pool",
  }),
  duplicateOf: z.string().optional().meta({
    description: "Id of the same workout by a better source: leave this one out of sums",
  }),
}).meta({ id: "Workout" });

export const workoutsAnswer = pageOf(workout).meta({ id: "WorkoutsAnswer" });
