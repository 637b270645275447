import { addDays, HOUR } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import type { Issuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { Publication } from "../publish.ts";
import { personIn, type SandboxClient, type SandboxRecord, type World } from "../world.ts";
import { garminUserId, seconds } from "./record.ts";
import { listSummaries, SUMMARIES, SUMMARY_KINDS, type SummaryKind } from "./summaries.ts";

const REST = "https://apis.garmin.com/wellness-api/rest";
/** Fetched or not, a ping's summaries are gone after a day. */
const KEPT = 24 * HOUR;

interface Ping {
  readonly person: string;
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly endsAt: number;
}

/** What Garmin posts to the one address set in its portal: unsigned, so that the address is the secret. */
export function createDeliveries(world: World, client: SandboxClient, issuer: Issuer) {
  const pings = new Map<string, Ping>();
  const granted = () =>
    new Set(issuer.grants().filter(({ revoked }) => !revoked).map(({ person }) => person));

  function post(body: Readonly<Record<string, readonly unknown[]>>): void {
    const { webhookUrl, webhookSecret } = client;
    if (!webhookUrl || !webhookSecret) return;
    world.courier.send({
      id: crypto.randomUUID(),
      provider: "garmin",
      url: `${webhookUrl}/${webhookSecret}`,
      body: JSON.stringify(body),
      headers: () => Promise.resolve({ "garmin-client-id": client.id }),
      timeoutSeconds: 30,
      attempts: 5,
    });
  }

  /** Rows as they stand in a delivery: pushed whole, or named by an address. */
  function rowsOf(person: Person, kind: SummaryKind, records: readonly SandboxRecord[]) {
    const userId = garminUserId(world, person);
    world.ledger.serve({
      provider: "garmin",
      person: person.id,
      externalUserId: userId,
      resource: kind,
    }, records);
    const rows = records.map(({ body }) => ({ userId, ...body }));
    const { path, delivery } = SUMMARIES[kind];
    if (delivery === "push" || rows.length === 0) return rows;
    const token = crypto.randomUUID();
    const to = seconds(world.clock());
    const from = to - 60;
    const endsAt = world.clock().getTime() + KEPT;
    pings.set(token, { person: person.id, path, from, to, rows, endsAt });
    const query = new URLSearchParams({
      uploadStartTimeInSeconds: String(from),
      uploadEndTimeInSeconds: String(to),
      token,
    });
    return [{
      userId,
      uploadStartTimeInSeconds: from,
      uploadEndTimeInSeconds: to,
      callbackURL: `${REST}/${path}?${query}`,
    }];
  }

  /** One delivery of one kind for one person; nothing where there is nothing. */
  function send(person: Person, kind: SummaryKind, records: readonly SandboxRecord[]): void {
    const rows = rowsOf(person, kind, records);
    if (rows.length > 0) post({ [kind]: rows });
  }

  return {
    send,

    /** The rows that a ping named, to the person whose they are. */
    fetch(person: Person, path: string, query: URLSearchParams) {
      const ping = pings.get(query.get("token") ?? "");
      const isMeant = ping?.person === person.id && ping.path === path &&
        query.get("uploadStartTimeInSeconds") === String(ping.from) &&
        query.get("uploadEndTimeInSeconds") === String(ping.to);
      return isMeant && ping.endsAt > world.clock().getTime() ? ping.rows : undefined;
    },

    /** Everybody's news in one delivery, as Garmin mixes them. */
    announce(since: Date, until: Date): void {
      const body: Record<string, unknown[]> = {};
      for (const id of granted()) {
        const person = personIn(world, id);
        const today = localDateIn(person.zone, until);
        for (const kind of SUMMARY_KINDS) {
          const fresh = listSummaries(world, person, kind, addDays(today, -1), today)
            .filter(({ availableAt }) => availableAt > since && availableAt <= until);
          const rows = rowsOf(person, kind, fresh);
          if (rows.length > 0) (body[kind] ??= []).push(...rows);
        }
      }
      if (Object.keys(body).length > 0) post(body);
    },

    /** An activity comes twice: as its summary, and with its details. */
    tell({ person: id, resource, recordId }: Publication): void {
      const person = personIn(world, id);
      const today = localDateIn(person.zone, world.clock());
      const told = SUMMARY_KINDS.filter((kind) =>
        kind === resource || kind === "activityDetails" && resource === "activities"
      );
      for (const kind of told) {
        const records = listSummaries(world, person, kind, addDays(today, -7), today)
          .filter((record) => record.id === recordId);
        send(person, kind, records);
      }
    },

    revoked(person: string): void {
      post({ deregistrations: [{ userId: garminUserId(world, personIn(world, person)) }] });
    },
  };
}
