/** pg_cron's schedules: five fields in UTC, or `N seconds` with N from 1 to 59. */
export type Schedule =
  | { readonly kind: "seconds"; readonly every: number }
  | { readonly kind: "fields"; readonly matches: (at: Date) => boolean };

const FIELDS = [
  { least: 0, most: 59 }, // minute
  { least: 0, most: 23 }, // hour
  { least: 1, most: 31 }, // day of the month
  { least: 1, most: 12 }, // month
  { least: 0, most: 7 }, // day of the week, both 0 and 7 are Sunday
] as const;

/** Nothing where `text` is no schedule. */
export function parseSchedule(text: string): Schedule | undefined {
  const seconds = /^([1-5]?\d) seconds?$/.exec(text.trim())?.[1];
  if (seconds !== undefined) {
    return Number(seconds) > 0 ? { kind: "seconds", every: Number(seconds) } : undefined;
  }
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return undefined;
  const sets = FIELDS.map((field, i) => parseField(parts[i] ?? "", field.least, field.most));
  const [minutes, hours, days, months, weekdays] = sets;
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  if (weekdays.has(7)) weekdays.add(0);
  // As cron has it: where both days are restricted, either is enough.
  const eitherDay = parts[2] !== "*" && parts[4] !== "*";
  return {
    kind: "fields",
    matches(at) {
      const day = days.has(at.getUTCDate());
      const weekday = weekdays.has(at.getUTCDay());
      return minutes.has(at.getUTCMinutes()) && hours.has(at.getUTCHours()) &&
        months.has(at.getUTCMonth() + 1) && (eitherDay ? day || weekday : day && weekday);
    },
  };
}

function parseField(text: string, least: number, most: number): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) return undefined;
    const [, first, last, step = "1"] = match;
    const from = first === undefined ? least : Number(first);
    const to = last !== undefined ? Number(last) : first === undefined ? most : from;
    if (from < least || to > most || from > to || Number(step) === 0) return undefined;
    for (let value = from; value <= to; value += Number(step)) values.add(value);
  }
  return values;
}
