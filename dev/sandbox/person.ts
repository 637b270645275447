import { between, chance, hexOf, pick } from "./random.ts";

/** Somebody who wears the devices. All of it follows from the id. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly sex: "female" | "male";
  readonly age: number;
  readonly weightKg: number;
  readonly heightCm: number;
  /** What their heart does in deep sleep. */
  readonly restingHr: number;
  /** Reads glucose from a receiver, which knows no time zone, instead of a phone. */
  readonly receiver: boolean;
}

/** Offered by every sign-in page; any other id is a person too. */
export const PEOPLE = ["demo", "another"] as const;

const ZONES = ["Asia/Kolkata", "America/St_Johns", "Australia/Adelaide", "UTC"] as const;

/** An id as forms and the control API take it. */
export function isPersonId(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,39}$/.test(text);
}

export function personOf(id: string, seed: string): Person {
  const trait = (name: string) => [seed, id, name] as const;
  const sex = id === "demo" || chance(...trait("sex")) < 0.5 ? "female" : "male";
  return {
    id,
    name: id === "demo" ? "Demo Person" : id === "another" ? "Another Person" : `Person ${id}`,
    // Helsinki and New York change their clocks inside an autumn's backfill.
    zone: id === "demo"
      ? "Europe/Helsinki"
      : id === "another"
      ? "America/New_York"
      : pick(ZONES, ...trait("zone")),
    sex,
    age: between(24, 61, ...trait("age")),
    weightKg: between(54, 92, ...trait("weight")),
    heightCm: between(158, 191, ...trait("height")),
    restingHr: between(44, 58, ...trait("resting")),
    receiver: id === "another",
  };
}

/** The id a service knows the person by: opaque, another one at each service. */
export function externalId(person: Person, service: string, seed: string): string {
  return hexOf(40, seed, "external", service, person.id);
}
