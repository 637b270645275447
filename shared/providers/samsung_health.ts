/**
 * Samsung Health, as a phone uploads it with the open mobile SDKs (Android 0.7 and later).
 *
 * Quirks
 * - There is no server, and the old SDK ended on 2025-07-31: the phone pushes, in UTC and whole seconds.
 *   A row is Samsung's uid; weight, height and the rest of one weighing carry it with a word behind.
 * - Steps and active calories are hourly sums with a new id at each reading: their start identifies
 *   them, and the newest upload wins. They already cover every source, so none is named.
 * - The type "active calories" reads total calories: it is stored as total energy.
 * - Glucose was turned from mg/dL into mmol/L by 18.0182 and rounded; coming back by 18.0156 is off by
 *   less than that rounding.
 * - A workout's duration is in milliseconds, its calories are the total. Before 0.13 a sport is a number.
 * - The night's score stands beside each of its stages.
 *
 * @see https://developer.samsung.com/health/data
 * @see https://github.com/the-momentum/open_wearables_android_sdk
 */
import { defineProvider } from "./define.ts";
import { bridge } from "./mobile_sdk.ts";
import { androidRecords } from "./mobile_sdk_android.ts";
import { sleep } from "./mobile_sdk_sleep.ts";
import { workouts } from "./mobile_sdk_workouts.ts";

export default defineProvider({
  slug: "samsung_health",
  name: "Samsung Health",
  docs: "https://developer.samsung.com/health/data",
  hosts: [],
  link: bridge("samsung_health", "samsung"),
  policy: { terms: "https://developer.samsung.com/health/data", aiUse: "unstated" },
  resources: [androidRecords("samsung"), workouts("samsung"), sleep],
});
