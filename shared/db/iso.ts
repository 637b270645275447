import { flat } from "../core/flat.ts";

const TWO = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, "0"));
const MINUTES = Array.from(
  { length: 1_440 },
  (_, n) => flat(TWO[Math.floor(n / 60)], ":", TWO[n % 60], ":"),
);
const WHOLE_SECONDS = TWO.map((second) => flat(second, ".000000Z"));

let lastDay = { day: NaN, prefix: "" };

/**
 * Microseconds since 1970 as `iso` in fragments.ts writes them. A page of a thousand has few days:
 * `toISOString` for each took half of its time.
 */
export function isoOf(micros: number): string {
  const seconds = Math.floor(micros / 1e6);
  const day = Math.floor(seconds / 86_400);
  if (lastDay.day !== day) {
    const date = new Date(day * 86_400_000).toISOString().slice(0, 10);
    lastDay = { day, prefix: flat(date, "T") };
  }
  const rest = seconds - day * 86_400;
  const minute = Math.floor(rest / 60);
  const second = rest - minute * 60;
  const fraction = micros - seconds * 1e6;
  return flat(
    lastDay.prefix,
    MINUTES[minute],
    fraction === 0
      ? WHOLE_SECONDS[second]
      : flat(TWO[second], ".", String(fraction).padStart(6, "0"), "Z"),
  );
}
