import { addDays, DAY, HOUR, type LocalDate, localDateOf, MINUTE } from "@shared/core/time.ts";

/** The sandbox's only notion of now. */
export type Clock = () => Date;

const offsets = new Map<string, number>();

/** Minutes east of UTC that clocks in `zone` show at `instant`. */
export function offsetAt(zone: string, instant: Date): number {
  // Zones change their offset on the hour, so one look-up serves an hour of five-minute samples.
  const key = `${zone}@${Math.floor(instant.getTime() / HOUR)}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const name = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" })
    .formatToParts(instant).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const match = /GMT([+-])(\d\d):(\d\d)/.exec(name);
  const size = match ? Number(match[2]) * 60 + Number(match[3]) : 0;
  const offset = match?.[1] === "-" ? -size : size;
  offsets.set(key, offset);
  return offset;
}

/** The instant when clocks in `zone` show `minutes` after midnight of `date`. */
export function instantAt(zone: string, date: LocalDate, minutes: number): Date {
  const wall = Date.parse(`${date}T00:00:00Z`) + minutes * MINUTE;
  const guess = wall - offsetAt(zone, new Date(wall)) * MINUTE;
  return new Date(wall - offsetAt(zone, new Date(guess)) * MINUTE);
}

export function localDateIn(zone: string, instant: Date): LocalDate {
  return localDateOf(instant, offsetAt(zone, instant));
}

/** `2026-11-22T07:05:00.000+02:00`; `digits` of fraction: Oura writes 3, Terra 6, Dexcom 0. */
export function isoWithOffset(instant: Date, offsetMinutes: number, digits: 0 | 3 | 6): string {
  const sign = offsetMinutes < 0 ? "-" : "+";
  const size = Math.abs(offsetMinutes);
  const zone = `${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return isoWall(instant, offsetMinutes, digits) + zone;
}

/** The same without any zone: what a receiver that knows no zone writes. */
export function isoWall(instant: Date, offsetMinutes: number, digits: 0 | 3 | 6): string {
  const wall = new Date(instant.getTime() + offsetMinutes * MINUTE).toISOString();
  if (digits === 0) return wall.slice(0, 19);
  return wall.slice(0, 23) + (digits === 6 ? "000" : "");
}

/** Every calendar day from `first` to `last`, both included. */
export function* eachDay(first: LocalDate, last: LocalDate): Iterable<LocalDate> {
  const days = Math.round((Date.parse(last) - Date.parse(first)) / DAY);
  for (let i = 0; i <= days; i++) yield addDays(first, i);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
