import type { Sql } from "./client.ts";
import { userKey } from "./fragments.ts";

/** A source as the person may know it. */
export interface SourceRow {
  readonly id: number;
  readonly accountId: string;
  /** Slug of the provider. */
  readonly provider: string;
  readonly via: string | null;
  /** As the provider names it; empty where it does not. */
  readonly device: string;
  /** Of the catalog's device classes; empty where unknown. */
  readonly deviceClass: string;
  readonly statistic: string;
  readonly entry: string;
  /** Its values are of whole local days. */
  readonly dailyTotal: boolean;
  readonly estimated: boolean;
}

/** One place in a person's order; empty words stand for anything. */
export interface OrderRow {
  readonly category: string;
  readonly metric: string;
  readonly position: number;
  readonly provider: string;
  readonly via: string;
  readonly device: string;
}

/** What a person's numbers are judged by. */
export interface PersonRow {
  /** Chosen by the person. */
  readonly chosenZone: string | null;
  /** Chosen, or else of the account linked last that has one. */
  readonly timeZone: string | null;
  /** The person's day now. */
  readonly today: string;
  readonly sources: readonly SourceRow[];
  /** By category, metric and position. */
  readonly order: readonly OrderRow[];
}

/** The day that it is now where the person lives; of nobody in UTC. */
export function today(sql: Sql) {
  return sql`(pg_catalog.now() at time zone coalesce((${zone(sql)}), 'UTC'))::date`;
}

function zone(sql: Sql) {
  return sql`
    select coalesce(p.time_zone, (
      select a.time_zone from raphael.provider_accounts a
      where a.user_key = p.user_key and a.time_zone is not null
      order by a.connected_at desc nulls last limit 1
    ))
    from raphael.people p where p.user_id = (select auth.uid())`;
}

/** The person who asks: always one row, of nothing where nothing is known of them. */
export function readPerson(sql: Sql) {
  return sql<[PersonRow]>`
    select (select p.time_zone from raphael.people p where p.user_id = (select auth.uid())) as "chosenZone",
           (${zone(sql)}) as "timeZone", ${today(sql)}::text as today,
           (
             select coalesce(jsonb_agg(jsonb_build_object(
               'id', s.id, 'accountId', s.account_id, 'provider', a.provider, 'via', a.via, 'device', s.device,
               'deviceClass', s.device_class, 'statistic', s.statistic, 'entry', s.entry,
               'dailyTotal', s.daily_total, 'estimated', s.estimated
             )), '[]')
             from raphael.sources s join raphael.provider_accounts a on a.id = s.account_id
             where s.user_key = ${userKey(sql)}
           ) as sources,
           (
             select coalesce(jsonb_agg(jsonb_build_object(
               'category', o.category, 'metric', o.metric, 'position', o.position, 'provider', o.provider,
               'via', o.via, 'device', o.device
             ) order by o.category, o.metric, o.position), '[]')
             from raphael.source_order o where o.user_key = ${userKey(sql)}
           ) as "order"`;
}
