/** Half-open interval `[from, to)`. */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A calendar day as the person lived it, `YYYY-MM-DD`. It is data: never derived from UTC alone. */
export type LocalDate = string;

/** An instant with the offset its sender wrote beside it, where one was written. */
export interface LocalInstant {
  readonly instant: Date;
  /** Minutes east of UTC. */
  readonly offsetMinutes?: number;
}

const ISO =
  /^(\d{4})-(\d\d?)-(\d\d?)[T ](\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?$/i;

/**
 * Reads an ISO 8601 time as providers really write it: without seconds, with single digits, with up
 * to nine fractional digits, with an offset that has seconds (rounded to the minute), or with none
 * (then it is UTC and `offsetMinutes` is absent). Nothing where it is no time at all.
 */
export function parseInstant(text: string): LocalInstant | undefined {
  const match = ISO.exec(text.trim());
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = "0", fraction = "0", zone] = match;
  const utc = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.padEnd(3, "0").slice(0, 3)),
  );
  // 60 is a leap second, and then the second after it: it may roll over, nothing else may.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  if (!isCalendarDay(Number(year), Number(month), Number(day))) return undefined;
  if (!zone) return { instant: new Date(utc) };
  const offsetMinutes = parseOffset(zone);
  if (offsetMinutes === undefined) return undefined;
  return { instant: new Date(utc - offsetMinutes * MINUTE), offsetMinutes };
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Minutes east of UTC of `Z`, `+02`, `+0200`, `+02:00` or `-06:59:58`; nothing beyond 18 hours. */
export function parseOffset(zone: string): number | undefined {
  if (/^z$/i.test(zone)) return 0;
  const match = /^([+-])(\d\d):?(\d\d)?:?(\d\d)?$/.exec(zone);
  if (!match) return undefined;
  const [, sign, hours, minutes = "0", seconds = "0"] = match;
  if (Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const size = Math.round(Number(hours) * 60 + Number(minutes) + Number(seconds) / 60);
  if (size > 18 * 60) return undefined;
  return sign === "-" && size > 0 ? -size : size;
}

/** Minutes east of UTC of the IANA zone `timeZone` at `instant`; nothing where there is no such zone. */
export function offsetIn(timeZone: string, instant: Date): number | undefined {
  const parts = partsIn(timeZone, instant);
  return parts && Math.round((Date.UTC(...parts) - instant.getTime()) / MINUTE);
}

function partsIn(timeZone: string, instant: Date) {
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    }).formatToParts(instant);
    const of = (type: Intl.DateTimeFormatPartTypes) =>
      Number(parts.find((part) => part.type === type)?.value);
    const [year, month, day] = [of("year"), of("month") - 1, of("day")];
    return [year, month, day, of("hour"), of("minute"), of("second")] as const;
  } catch {
    return undefined;
  }
}

/**
 * What a clock in `timeZone` meant by `local`, an ISO time without an offset. Where clocks went back and
 * a time was twice, the first; where they went forward and it never was, the instant of the change
 * moved on. Nothing where it is no time or no zone; a time with an offset means itself.
 */
export function instantIn(timeZone: string, local: string): LocalInstant | undefined {
  const read = parseInstant(local);
  if (!read || read.offsetMinutes !== undefined) return read;
  const wall = read.instant.getTime();
  const offsets = [wall - DAY, wall + DAY].map((near) => offsetIn(timeZone, new Date(near)));
  for (const offset of offsets) {
    if (offset === undefined) return undefined;
    const instant = new Date(wall - offset * MINUTE);
    const offsetMinutes = offsetIn(timeZone, instant);
    if (offsetMinutes === offset) return { instant, offsetMinutes };
  }
  const [before = 0] = offsets;
  const instant = new Date(wall - before * MINUTE);
  const offsetMinutes = offsetIn(timeZone, instant);
  return { instant, ...(offsetMinutes === undefined ? {} : { offsetMinutes }) };
}

/** Whether `text` names a day that the calendar has. */
export function isLocalDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  return year !== undefined && isCalendarDay(Number(year), Number(month), Number(day));
}

/** The calendar day of `instant` on a clock `offsetMinutes` east of UTC. */
export function localDateOf(instant: Date, offsetMinutes = 0): LocalDate {
  return new Date(instant.getTime() + offsetMinutes * MINUTE).toISOString().slice(0, 10);
}

/** Midnight at the start of `date` on a clock `offsetMinutes` east of UTC. */
export function startOfLocalDate(date: LocalDate, offsetMinutes = 0): Date {
  return new Date(Date.parse(`${date}T00:00:00Z`) - offsetMinutes * MINUTE);
}

/** `date` moved by whole days; calendar arithmetic, so no clock change can bend it. */
export function addDays(date: LocalDate, days: number): LocalDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** `window` cut into pieces of at most `days`, newest first: what a person looks at arrives first. */
export function splitNewestFirst(window: Window, days: number): Window[] {
  if (!(days > 0)) throw new RangeError("Cannot split window: pieces must be longer than nothing");
  const pieces: Window[] = [];
  for (let to = window.to.getTime(); to > window.from.getTime(); to -= days * DAY) {
    pieces.push({
      from: new Date(Math.max(window.from.getTime(), to - days * DAY)),
      to: new Date(to),
    });
  }
  return pieces;
}
