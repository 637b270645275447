import type { When } from "../../catalog/normalized.ts";
import {
  addDays,
  instantIn,
  type LocalDate,
  parseInstant,
  startOfLocalDate,
} from "../../core/time.ts";

/** An instant as a provider writes it; nothing where it is absent or no time. */
export function instant(text: string | null | undefined, localDate?: LocalDate): When | undefined {
  const at = text == null ? undefined : parseInstant(text);
  if (!at) return undefined;
  return {
    start: at.instant,
    ...(at.offsetMinutes === undefined ? {} : { offsetMinutes: at.offsetMinutes }),
    ...(localDate === undefined ? {} : { localDate }),
  };
}

/**
 * A local time without an offset, on a clock of the person's zone; nothing where the zone is unknown:
 * a time read as UTC would be hours off.
 */
export function localTime(
  text: string | null | undefined,
  timeZone: string | undefined,
  localDate?: LocalDate,
): When | undefined {
  const at = text == null ? undefined : instantIn(timeZone ?? "unknown", text);
  if (!at) return undefined;
  const { instant: start, offsetMinutes } = at;
  return {
    start,
    ...(offsetMinutes === undefined ? {} : { offsetMinutes }),
    ...(localDate === undefined ? {} : { localDate }),
  };
}

/** From `start` to `end`, in the offset of the start; nothing where either is no time. */
export function span(
  start: string | null | undefined,
  end: string | null | undefined,
  localDate?: LocalDate,
): (When & { readonly end: Date }) | undefined {
  const from = instant(start, localDate);
  const to = instant(end);
  return from && to ? { ...from, end: to.start } : undefined;
}

/** A value of a local day: its start is local midnight, UTC's where no offset is known. */
export function dayOf(date: LocalDate, offsetMinutes?: number): When {
  return {
    start: startOfLocalDate(date, offsetMinutes),
    localDate: date,
    ...(offsetMinutes === undefined ? {} : { offsetMinutes }),
  };
}

/** A whole day's total or value: `[midnight, midnight)`, never added to the day's own samples. */
export function dayTotal(
  date: LocalDate,
  offsetMinutes?: number,
): When & { readonly end: Date; readonly dailyTotal: true } {
  return {
    ...dayOf(date, offsetMinutes),
    end: startOfLocalDate(addDays(date, 1), offsetMinutes),
    dailyTotal: true,
  };
}

/** Minutes east of UTC that `text` was written with; nothing where it has none. */
export function offsetOf(text: string | null | undefined): number | undefined {
  return text == null ? undefined : parseInstant(text)?.offsetMinutes;
}
