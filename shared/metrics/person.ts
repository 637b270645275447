import { DEVICE_CLASSES } from "../catalog/device_classes.ts";
import type { MetricCategory } from "../catalog/metrics.ts";
import type { OrderRow, PersonRow, SourceRow } from "../db/person.ts";
import type { OrderEntry, Ranking, Source } from "./ranking.ts";

/** A source as answers show it: what is not said is left out. */
export interface SourceRef {
  readonly id: number;
  readonly provider: string;
  readonly via?: string;
  readonly device?: string;
  readonly deviceClass?: string;
  readonly dailyTotal: boolean;
  readonly statistic?: string;
  readonly entry?: string;
  readonly estimated?: true;
}

/** A person's sources, and what they are ranked by. */
export interface Judge {
  source(id: number): Source;
  /** The same as answers show it. */
  ref(id: number): SourceRef;
  ranking(metric: { readonly code: string; readonly category: MetricCategory }): Ranking;
}

export function judgeOf({ sources, order }: Pick<PersonRow, "sources" | "order">): Judge {
  const known = new Map(sources.map((row) => [row.id, toSource(row)]));
  const orders = Map.groupBy(order, ({ category, metric }) => `${category}/${metric}`);
  const refs = new Map<number, SourceRef>();
  const rankings = new Map<string, Ranking>();
  const source = (id: number) => known.get(id) ?? toSource({ ...NOBODY, id });
  return {
    source,
    ref(id) {
      const ref = refs.get(id) ?? toRef(source(id));
      refs.set(id, ref);
      return ref;
    },
    ranking({ code, category }) {
      const known = rankings.get(code);
      if (known) return known;
      const own = orders.get(`/${code}`) ?? orders.get(`${category}/`) ?? orders.get("/") ?? [];
      const ranking = { order: own.map(toEntry), classRank };
      rankings.set(code, ranking);
      return ranking;
    },
  };
}

/** A source that was made after the person's were read: worse than any that is known. */
const NOBODY: SourceRow = {
  id: 0,
  accountId: "",
  provider: "",
  via: null,
  device: "",
  deviceClass: "",
  statistic: "",
  entry: "",
  dailyTotal: false,
  estimated: false,
};

function toSource({ via, ...rest }: SourceRow): Source {
  return { ...rest, ...(via === null ? {} : { via }) };
}

/** Empty words of the table stand for anything. */
export function toEntry({ provider, via, device }: OrderRow): OrderEntry {
  return { provider, ...(via ? { via } : {}), ...(device ? { device } : {}) };
}

const RANKS = new Map<string, number>(
  Object.entries(DEVICE_CLASSES).map(([name, { rank }]) => [name, rank]),
);

function classRank(deviceClass: string): number {
  return RANKS.get(deviceClass) ?? DEVICE_CLASSES[""].rank;
}

function toRef(source: Source): SourceRef {
  const { id, provider, via, device, deviceClass, dailyTotal, statistic, entry, estimated } =
    source;
  return {
    id,
    provider,
    ...(via === undefined ? {} : { via }),
    ...(device ? { device } : {}),
    ...(deviceClass ? { deviceClass } : {}),
    dailyTotal,
    ...(statistic ? { statistic } : {}),
    ...(entry ? { entry } : {}),
    ...(estimated ? { estimated } : {}),
  };
}
