import { ProblemError } from "../core/problems.ts";
import { type Access, beginAccess, readAs, refuseGone } from "../db/as_user.ts";
import type { Database } from "../db/client.ts";
import { setTimeZone } from "../db/days.ts";
import { enqueue } from "../db/jobs.ts";
import { isRaised } from "../db/lost.ts";
import { type OrderRow, type PersonRow, readPerson } from "../db/person.ts";
import { setSourceOrder } from "../db/preferences.ts";
import { toEntry } from "./person.ts";
import type { OrderEntry } from "./ranking.ts";

/** Which source a person believes before which, best first. */
export interface SourceOrder {
  /** Of every metric that has no order of its own. */
  readonly all: readonly OrderEntry[];
  readonly categories: Readonly<Record<string, readonly OrderEntry[] | undefined>>;
  readonly metrics: Readonly<Record<string, readonly OrderEntry[]>>;
}

export interface Preferences {
  readonly timeZone: string | null;
  readonly sources: SourceOrder;
}

type Who = Pick<Access, "claims" | "requestId" | "budget">;

export async function readPreferences(db: Database, who: Who): Promise<Preferences> {
  type Read = readonly [readonly [PersonRow]];
  const access = { ...who, action: "preferences.read" };
  const [[person]] = await readAs<Read>(db, access, (sql) => [readPerson(sql)]);
  return toPreferences(person);
}

/**
 * What is absent stays, null is forgotten. A zone that changes queues the dating anew of what had no
 * clock of its own. Throws `invalid_request` where the database knows no such zone.
 */
export async function setPreferences(
  db: Database,
  asked: Who & {
    readonly timeZone?: string | null;
    readonly sources?: SourceOrder | null;
  },
): Promise<Preferences> {
  const userId = asked.claims.sub;
  try {
    return await refuseGone(db.transaction(async (sql) => {
      if (asked.sources !== undefined) {
        await setSourceOrder(sql, userId, asked.sources === null ? [] : toRows(asked.sources));
      }
      if (asked.timeZone !== undefined && await setTimeZone(sql, userId, asked.timeZone)) {
        await enqueue(sql, [{ kind: "metrics.redate", payload: { userId } }]);
      }
      await beginAccess(sql, { ...asked, action: "preferences.write" });
      const [person] = await readPerson(sql);
      return toPreferences(person);
    }));
  } catch (error) {
    if (!isRaised(error, "unknownZone")) throw error;
    throw new ProblemError(
      "invalid_request",
      "Cannot set time zone: the database knows no such zone",
    );
  }
}

function toRows({ all, categories, metrics }: SourceOrder): OrderRow[] {
  const rows = (list: readonly OrderEntry[], category: string, metric: string) =>
    list.map(({ provider, via = "", device = "" }, position) => ({
      category,
      metric,
      position,
      provider,
      via,
      device,
    }));
  return [
    ...rows(all, "", ""),
    ...Object.entries(categories).flatMap(([category, list = []]) => rows(list, category, "")),
    ...Object.entries(metrics).flatMap(([metric, list]) => rows(list, "", metric)),
  ];
}

function toPreferences({ chosenZone, order }: PersonRow): Preferences {
  const by = (of: (row: OrderRow) => string) =>
    Object.fromEntries(
      [...Map.groupBy(order.filter((row) => of(row) !== ""), of)]
        .map(([name, rows]) => [name, rows.map(toEntry)]),
    );
  return {
    timeZone: chosenZone,
    sources: {
      all: order.filter(({ category, metric }) => category === "" && metric === "").map(toEntry),
      categories: by(({ category }) => category),
      metrics: by(({ metric }) => metric),
    },
  };
}
