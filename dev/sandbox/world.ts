import type { LocalDate } from "@shared/core/time.ts";
import { type Clock, localDateIn } from "./clock.ts";
import type { Courier } from "./deliver.ts";
import type { Ledger, NotedFact } from "./ledger.ts";
import { type Person, personOf } from "./person.ts";
import type { Published, Store } from "./store.ts";

/** Credentials that one pretend provider has given to the app under development. */
export interface SandboxClient {
  readonly id: string;
  readonly secret: string;
  readonly webhookSecret?: string;
  /** A third credential, shown with each request (Suunto's subscription key). */
  readonly apiKey?: string;
  /** Where pushes go, for a provider whose destination is set in a dashboard. */
  readonly webhookUrl?: string;
  readonly redirectUris?: readonly string[];
}

/** What every pretend provider stands on. */
export interface World {
  readonly clock: Clock;
  readonly seed: string;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly courier: Courier;
  /** Records a page of a list; heart rate rows, which are small, come twenty times as many. */
  readonly pageSize: number;
}

/** One record of a provider as it stands now. */
export interface SandboxRecord {
  readonly id: string;
  /** The provider's day for it, or the day of its instant. */
  readonly day: LocalDate;
  /** It cannot be seen before: nobody knows a night that is not over. */
  readonly availableAt: Date;
  readonly body: Readonly<Record<string, unknown>>;
  readonly facts: readonly NotedFact[];
}

export function personIn(world: World, id: string): Person {
  return personOf(id, world.seed);
}

/** The first local day with data. */
export function firstDay(world: World, person: Person): LocalDate {
  return localDateIn(person.zone, new Date(world.store.state.historyStart));
}

/** What `publish` did to one person's `resource`, in order. */
export function publishedFor(
  world: World,
  provider: string,
  person: string,
  resource: string,
): readonly Published[] {
  return world.store.state.published.filter((one) =>
    one.provider === provider && one.person === person && one.resource === resource
  );
}

/** Writes one line of `publish` into the state. */
export function addPublished(
  world: World,
  what: Pick<Published, "person" | "provider" | "resource" | "action" | "recordId">,
): Published {
  const { state } = world.store;
  const entry = { ...what, at: world.clock().toISOString(), serial: ++state.serial };
  state.published.push(entry);
  world.store.save();
  return entry;
}
