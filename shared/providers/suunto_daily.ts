/** Suunto's statistics of a day; quirks in `suunto.ts`. */
import { z } from "zod";
import { count, joules } from "../catalog/units.ts";
import { DAY, localDateOf, offsetIn, parseInstant, startOfLocalDate } from "../core/time.ts";
import { resource } from "./define.ts";
import type { AccountRef } from "./driver.ts";
import { measure, present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { maybeNumber, maybeText, SUUNTO_API, WINDOW_DAYS } from "./suunto_api.ts";

const sample = z.looseObject({ TimeISO8601: z.string(), Value: maybeNumber });
const source = z.looseObject({ Name: maybeText, Samples: z.array(sample) });
const statistic = z.looseObject({ Name: z.string(), Sources: z.array(source) });

type Row = z.output<typeof statistic>;

/** One statistic of one watch on one day: the document as it came, cut down to that. */
function cut(row: Row): readonly Row[] {
  return row.Sources.flatMap((from) =>
    from.Samples.map((single) => ({ ...row, Sources: [{ ...from, Samples: [single] }] }))
  );
}

function only({ Sources: [from] }: Row) {
  return { from, sample: from?.Samples[0] };
}

/** Steps and energy of days, which begin when the first does that is asked for. */
export const dailyActivity = resource({
  name: "daily_activity",
  aliases: ["GET /247/daily-activity-statistics"],
  produces: ["steps", "energy_active"],
  // Whole days at both ends must fit too.
  pageDays: WINDOW_DAYS - 2,
  emptyStatuses: [404],
  page: listOf(statistic, { rows: "statistics" })
    .transform((page) => ({ ...page, rows: page.rows.flatMap(cut) })),
  request({ window, account }) {
    const url = new URL(`${SUUNTO_API}/247/daily-activity-statistics`);
    const first = midnightBefore(window.from, account);
    const last = midnightBefore(new Date(window.to.getTime() + DAY - 1), account);
    url.searchParams.set("startdate", wall(first));
    url.searchParams.set("enddate", wall(new Date(last.getTime() - 1)));
    return new Request(url);
  },
  record(row) {
    const { from, sample } = only(row);
    const at = parseInstant(sample?.TimeISO8601 ?? "");
    return at && { id: [row.Name, from?.Name ?? "", at.instant.toISOString()].join("/") };
  },
  *normalise(row, { timeZone }) {
    const { from, sample } = only(row);
    const start = parseInstant(sample?.TimeISO8601 ?? "")?.instant;
    if (!start) return yield { kind: "quarantine", reason: "no_time" };
    // By its noon: where clocks change, a day of 24 hours begins an hour beside midnight.
    const noon = new Date(start.getTime() + DAY / 2);
    const offsetMinutes = timeZone === undefined ? undefined : offsetIn(timeZone, noon);
    const at = {
      start,
      end: new Date(start.getTime() + DAY),
      localDate: localDateOf(noon, offsetMinutes ?? 0),
      dailyTotal: true,
      ...present({ device: from?.Name, offsetMinutes }),
    } as const;
    switch (row.Name) {
      case "stepcount":
        return yield* measure("steps", count(sample?.Value), at);
      case "energyconsumption":
        return yield* measure("energy_active", joules(sample?.Value), at);
    }
  },
});

/** The person's midnight, UTC's where their zone is unknown. */
function midnightBefore(instant: Date, { timeZone = "UTC" }: AccountRef): Date {
  const offset = offsetIn(timeZone, instant);
  return startOfLocalDate(localDateOf(instant, offset), offset);
}

/** As documented: UTC, without saying so. */
function wall(instant: Date): string {
  return instant.toISOString().slice(0, 19);
}
