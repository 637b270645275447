/** The `workouts` of a phone's upload: a sport, a time, and a list of named values. */
import { z } from "zod";
import type { Workout } from "../catalog/normalized.ts";
import { convert, type Unit } from "../catalog/units.ts";
import { parseInstant } from "../core/time.ts";
import { resource } from "./define.ts";
import { lapsOf } from "./kit/laps.ts";
import { present } from "./kit/measure.ts";
import {
  deviceOf,
  type Element,
  element,
  refOf,
  senderOf,
  uploadPage,
  whenOf,
} from "./mobile_sdk.ts";
import { sportOf } from "./mobile_sdk_sports.ts";

/** Units as the SDKs spell them, lower case: a value says its own, else it is in the catalog's. */
const TIME = { s: "s", sec: "s", ms: "ms", min: "min" } as const;
const LENGTH = { m: "m", cm: "cm", km: "km" } as const;
const ENERGY = { kcal: "kcal", cal: "kcal", kj: "kJ" } as const;
const SPEED = { "m/s": "m/s", "km/h": "km/h" } as const;

interface ValueRule {
  /** Without case and underscores; the first that is there wins. */
  readonly names: readonly string[];
  readonly unit: Unit;
  readonly units?: Readonly<Record<string, Unit>>;
}

const VALUES = {
  duration: { names: ["duration", "totalduration"], unit: "s", units: TIME },
  active: { names: ["activeenergyburned", "activecalories"], unit: "kcal", units: ENERGY },
  basal: { names: ["basalenergyburned"], unit: "kcal", units: ENERGY },
  total: {
    names: ["totalenergyburned", "totalcalories", "calories"],
    unit: "kcal",
    units: ENERGY,
  },
  distance: { names: ["distance", "totaldistance"], unit: "m", units: LENGTH },
  steps: { names: ["stepcount", "steps"], unit: "count" },
  hrAverage: { names: ["averageheartrate", "avgheartrate", "meanheartrate"], unit: "bpm" },
  hrMaximum: { names: ["maxheartrate", "maximumheartrate"], unit: "bpm" },
  hrMinimum: { names: ["minheartrate", "minimumheartrate"], unit: "bpm" },
  averageSpeed: {
    names: ["averagespeed", "avgspeed", "meanspeed", "averagerunningspeed"],
    unit: "m/s",
    units: SPEED,
  },
  maximumSpeed: { names: ["maxspeed", "maximumspeed"], unit: "m/s", units: SPEED },
  climb: {
    names: ["elevationascended", "elevationgained", "altitudegain"],
    unit: "m",
    units: LENGTH,
  },
  averagePower: {
    names: ["averagepower", "avgpower", "meanpower", "averagerunningpower"],
    unit: "W",
  },
  maximumPower: { names: ["maxpower", "maximumpower"], unit: "W" },
} as const satisfies Record<string, ValueRule>;

function valuesOf(row: Element, sender: string): Partial<Record<keyof typeof VALUES, number>> {
  const sent = new Map(
    (row.values ?? []).map((one) => [one.type.toLowerCase().replaceAll("_", ""), one]),
  );
  const read = Object.entries<ValueRule>(VALUES).flatMap(([key, { names, unit, units = {} }]) => {
    const found = names.map((name) => sent.get(name)).find((one) =>
      typeof one?.value === "number" && Number.isFinite(one.value)
    );
    if (typeof found?.value !== "number") return [];
    // Samsung counts a workout's duration in milliseconds, and does not always say so.
    const silent = key === "duration" && sender === "samsung" ? "ms" : unit;
    const own = units[found.unit?.trim().toLowerCase() ?? ""] ?? silent;
    return [[key, convert(found.value, own, unit)]];
  });
  return Object.fromEntries(read);
}

/** The store's own total, else active and resting energy together, else what is known. */
function energyOf(total?: number, active?: number, basal?: number): number | undefined {
  if (total !== undefined) return total;
  return active === undefined || basal === undefined ? active : active + basal;
}

/** As Health Connect's are sent; the others send null, or what is not documented and stays in raw. */
const lapped = z.looseObject({
  laps: z.array(z.looseObject({
    startDate: z.string(),
    endDate: z.string(),
    distanceM: z.number().nullish(),
  })),
});

function lapsIn(row: Element) {
  return lapsOf((lapped.safeParse(row).data?.laps ?? []).map((lap) => ({
    start: parseInstant(lap.startDate)?.instant,
    end: parseInstant(lap.endDate)?.instant,
    distanceMetres: lap.distanceM,
  })));
}

/** Workouts of a store that calls itself `own` where the envelope does not say. */
export function workouts(own: string) {
  return resource({
    name: "workouts",
    aliases: ["workouts"],
    produces: [],
    sessions: ["workout"],
    page: uploadPage<unknown>("workouts", z.looseObject({ id: z.string() }), (rows) => rows),
    record(row, context) {
      const { data } = element.safeParse(row);
      return data && refOf(data.id, context);
    },
    *normalise(row, context) {
      const data = element.parse(row);
      const when = whenOf(data, context);
      if ("kind" in when) return yield when;
      const { duration, total, active, basal, steps, ...v } = valuesOf(
        data,
        senderOf(context, own),
      );
      const workout: Workout = {
        kind: "workout",
        ...when,
        end: when.end ?? when.start,
        ...present({
          type: sportOf(data.type),
          vendorType: data.type,
          // Without pauses; with them it is the time between start and end.
          movingSeconds: duration,
          distanceMetres: v.distance,
          energyKilocalories: energyOf(total, active, basal),
          energyActiveKilocalories: active,
          energyBasalKilocalories: basal,
          steps: steps === undefined ? undefined : Math.round(steps),
          hrAverage: v.hrAverage,
          hrMaximum: v.hrMaximum,
          hrMinimum: v.hrMinimum,
          averageSpeed: v.averageSpeed,
          maximumSpeed: v.maximumSpeed,
          elevationGainMetres: v.climb,
          averagePowerWatts: v.averagePower,
          maximumPowerWatts: v.maximumPower,
          device: deviceOf(data),
          laps: lapsIn(data),
        }),
      };
      yield workout;
    },
  });
}
