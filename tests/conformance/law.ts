import type { ProviderDriver } from "@shared/providers/driver.ts";

/** What holds for every driver. `appliesTo` leaves out drivers that have no such part. */
export interface Law {
  readonly name: string;
  appliesTo?(driver: ProviderDriver): boolean;
  check(driver: ProviderDriver): void | Promise<void>;
}
