import { addDays } from "@shared/core/time.ts";
import { localDateIn } from "./clock.ts";
import type { PretendProvider } from "./provider.ts";
import { COLLECTIONS, listRecords, ouraUserId } from "./oura/collections.ts";
import { notify } from "./oura/subscriptions.ts";
import { uuidOf } from "./random.ts";
import type { Published } from "./store.ts";
import { TERRA_TYPES, terraRecords } from "./terra/collections.ts";
import type { TerraHooks } from "./terra/connections.ts";
import {
  addPublished,
  personIn,
  type SandboxClient,
  type SandboxRecord,
  type World,
} from "./world.ts";

export interface PublishOrder {
  readonly person: string;
  readonly provider: string;
  /** `sleep`, `daily_activity`, `activity`, `egvs` …: the provider's own name. */
  readonly resource: string;
  /** Without it: `create` where records have ids of their own, else `update`. */
  readonly action?: Published["action"];
  /** Which record to change or take away; without it the newest. */
  readonly recordId?: string;
}

export type Publication = Required<PublishOrder>;

/** Resources of which a person can make a new one at any time; of the others there is one a day. */
const CREATABLE: Readonly<Record<string, readonly string[]>> = {
  oura: ["sleep", "workout"],
  terra: ["sleep", "activity"],
  dexcom: ["egvs"],
};

export function createPublisher(
  world: World,
  oura: SandboxClient | undefined,
  terra: TerraHooks | undefined,
  others: readonly PretendProvider[],
) {
  const find = (name: string) => others.find((one) => one.name === name);

  /** Puts something new into a person's data now, and tells whom the provider tells. */
  function publish(order: PublishOrder): Publication {
    const { person, provider, resource } = order;
    const other = find(provider);
    const creates = other ? other.publishes[resource] : CREATABLE[provider]?.includes(resource);
    if (other ? creates === undefined : !isPublishable(provider, resource)) {
      throw new Error(`Cannot publish ${provider} ${resource}: unknown resource`);
    }
    const action = order.action ?? (creates ? "create" : "update");
    if (action === "create" && !creates) {
      throw new Error(`Cannot publish ${provider} ${resource}: there is one a day, update it`);
    }
    const recordId = action === "create"
      ? other?.newId(world.store.state.serial + 1) ??
        uuidOf(world.seed, provider, person, resource, world.store.state.serial + 1)
      : order.recordId ?? newest(order)?.id;
    if (!recordId) throw new Error(`Cannot publish ${provider} ${resource}: nothing there yet`);
    addPublished(world, { person, provider, resource, action, recordId });
    const done = { person, provider, resource, action, recordId };
    other?.tell(done);
    if (provider === "oura") tellOura(done);
    if (provider === "terra") pushTerra(done);
    return done;
  }

  function newest({ person, provider, resource }: PublishOrder): SandboxRecord | undefined {
    const who = personIn(world, person);
    const today = localDateIn(who.zone, world.clock());
    const first = addDays(today, -7);
    const other = find(provider);
    if (other) return other.records(who, resource, first, today).at(-1);
    if (provider === "oura") return listRecords(world, who, resource, first, today).at(-1);
    return terraRecords(world, who, resource, { first, last: today, withSamples: false }).at(-1);
  }

  function tellOura({ person, resource, action, recordId }: Publication): void {
    const collection = COLLECTIONS[resource];
    if (!oura || !collection) return;
    const userId = ouraUserId(world, personIn(world, person));
    if (action === "delete") {
      const of = { provider: "oura", person, externalUserId: userId, resource };
      world.ledger.serve(of, [{ id: recordId, facts: [] }]);
    }
    notify(world, oura, {
      eventType: action,
      dataType: collection.dataType,
      objectId: recordId,
      userId,
    });
  }

  function pushTerra({ person, resource, recordId }: Publication): void {
    const who = personIn(world, person);
    const last = localDateIn(who.zone, world.clock());
    const records = terraRecords(world, who, resource, {
      first: addDays(last, -7),
      last,
      withSamples: true,
    }).filter((record) => record.id === recordId);
    for (const connection of connectionsOf(person)) {
      terra?.data(connection, resource, records, crypto.randomUUID());
    }
  }

  const connectionsOf = (person: string) =>
    world.store.state.connections.filter((one) => one.active && one.person === person);

  /** Tells what time alone has brought since `since`: a night that is over, a training that is done. */
  function announce(since: Date): void {
    const until = world.clock();
    for (const other of others) other.announce(since, until);
    const isNew = (record: SandboxRecord) =>
      record.availableAt > since && record.availableAt <= until;
    const grants = world.store.state.grants.filter((one) => one.issuer === "oura" && !one.revoked);
    for (const id of new Set(grants.map((grant) => grant.person))) {
      const person = personIn(world, id);
      const today = localDateIn(person.zone, until);
      for (const [path, { dataType }] of Object.entries(COLLECTIONS)) {
        for (const record of listRecords(world, person, path, addDays(today, -1), today)) {
          if (!oura || !isNew(record)) continue;
          const userId = ouraUserId(world, person);
          notify(world, oura, { eventType: "create", dataType, objectId: record.id, userId });
        }
      }
    }
    for (const connection of world.store.state.connections) {
      if (!connection.active) continue;
      const person = personIn(world, connection.person);
      const last = localDateIn(person.zone, until);
      for (const type of Object.keys(TERRA_TYPES)) {
        const first = addDays(last, -1);
        const fresh = terraRecords(world, person, type, { first, last, withSamples: true })
          .filter(isNew);
        if (fresh.length) terra?.data(connection, type, fresh, crypto.randomUUID());
      }
    }
  }

  return { publish, announce };
}

function isPublishable(provider: string, resource: string): boolean {
  if (provider === "oura") return Object.hasOwn(COLLECTIONS, resource);
  if (provider === "terra") return Object.hasOwn(TERRA_TYPES, resource);
  return provider === "dexcom" && resource === "egvs";
}
