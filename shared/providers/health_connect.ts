/**
 * Android Health Connect, as a phone uploads it with the open mobile SDKs (Android 0.7 and later).
 *
 * Quirks
 * - There is no server: the phone pushes, in UTC and whole seconds, anything twice, in any order. A row
 *   is Health Connect's id; samples and stages carry their parent's with a number behind, and a parent
 *   that is written anew replaces them all. Versions before 0.13 see neither edits nor late arrivals,
 *   and none tells of deletions; apps of our own do.
 * - Heart rate variability is RMSSD, whatever the host calls it. Shares are per cent, glucose mmol/L,
 *   water millilitres, height metres.
 * - Only a glucose that says mmol is converted: 6.1 of nothing is quarantined and not guessed.
 * - The basal metabolic rate is a rate, and no energy that was burnt.
 * - Several apps count the same steps: each value names its device and app, none is a day's total.
 * - Sleep is one row a stage, with its session as parent; a session without stages is one `sleeping`.
 *   The offset is that of the start.
 * - Food is a parent row with one row a nutrient: those that the catalog has are read, the rest is raw.
 * - A body may come from Samsung Health instead: its envelope says so, and then its own rules hold.
 *
 * @see https://developer.android.com/health-and-fitness/guides/health-connect
 * @see https://github.com/the-momentum/open_wearables_android_sdk
 */
import { defineProvider } from "./define.ts";
import { bridge } from "./mobile_sdk.ts";
import { androidRecords } from "./mobile_sdk_android.ts";
import { sleep } from "./mobile_sdk_sleep.ts";
import { workouts } from "./mobile_sdk_workouts.ts";

export default defineProvider({
  slug: "health_connect",
  name: "Health Connect",
  docs: "https://developer.android.com/health-and-fitness/guides/health-connect",
  hosts: [],
  link: bridge("health_connect", "google"),
  policy: {
    terms: "https://support.google.com/googleplay/android-developer/answer/9888170",
    aiUse: "unstated",
  },
  resources: [androidRecords("google"), workouts("google"), sleep],
});
