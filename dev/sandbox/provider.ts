import type { LocalDate } from "@shared/core/time.ts";
import type { Hono } from "hono";
import { createGarmin } from "./garmin/app.ts";
import { createGoogleHealth } from "./google_health/app.ts";
import type { Issuer } from "./oauth.ts";
import type { Person } from "./person.ts";
import type { Publication } from "./publish.ts";
import { createJunction } from "./junction/app.ts";
import { createNightscout } from "./nightscout/app.ts";
import { createPolar } from "./polar/app.ts";
import { createSpike } from "./spike/app.ts";
import { createRook } from "./rook/app.ts";
import { createStrava } from "./strava/app.ts";
import { createSuunto } from "./suunto/app.ts";
import { createTidepool } from "./tidepool/app.ts";
import { createUltrahuman } from "./ultrahuman/app.ts";
import { createValidic } from "./validic/app.ts";
import { createWahoo } from "./wahoo/app.ts";
import { createWhoop } from "./whoop/app.ts";
import { createWithings } from "./withings/app.ts";
import type { SandboxClient, SandboxRecord, World } from "./world.ts";

/** A pretend provider as the server mounts it, and what can be made to happen there. */
export interface PretendProvider {
  /** Prefix of its routes; its name in faults, counts and the ledger. */
  readonly name: string;
  /** The real ones it stands for. */
  readonly origins: readonly string[];
  readonly app: Hono;
  /** Absent where it hands out no tokens: an aggregator, asked with the app's own key. */
  readonly issuer?: Issuer;
  /** Resources that `publish` takes, and whether a person can make a new one at any time. */
  readonly publishes: Readonly<Record<string, boolean>>;
  /** Its id for something new. */
  newId(serial: number): string;
  /** Records whose day is from `first` to `last`, both included, oldest first. */
  records(
    person: Person,
    resource: string,
    first: LocalDate,
    last: LocalDate,
  ): readonly SandboxRecord[];
  /** Sends the webhook of something published. */
  tell(publication: Publication): void;
  /** Sends the webhooks of what became available after `since`. */
  announce(since: Date, until: Date): void;
  /** The person took their consent back. */
  revoked?(person: string): void;
  /** What stands beside a 429. */
  limitHeaders(): Readonly<Record<string, string>>;
}

/** Every pretend provider of this kind, by its slug. */
export const PRETEND_PROVIDERS = {
  garmin: createGarmin,
  google_health: createGoogleHealth,
  junction: createJunction,
  nightscout: createNightscout,
  polar: createPolar,
  spike: createSpike,
  rook: createRook,
  strava: createStrava,
  suunto: createSuunto,
  tidepool: createTidepool,
  ultrahuman: createUltrahuman,
  validic: createValidic,
  wahoo: createWahoo,
  whoop: createWhoop,
  withings: createWithings,
} as const satisfies Readonly<
  Record<string, (world: World, client: SandboxClient) => PretendProvider>
>;

export type PretendProviderName = keyof typeof PRETEND_PROVIDERS;
