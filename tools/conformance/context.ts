import type { NormaliseContext } from "@shared/providers/resource.ts";
import type { Expectation } from "./case.ts";

/** A case counts as received now: no payload of a past day is then one of the future. */
const RECEIVED = new Date();

/**
 * What a case says beside its payload: `timezone` is the person's, and a member that is an object
 * (`activity`) is the record that the payload belongs to.
 */
export function contextOf(
  { context }: Pick<Expectation, "context">,
): NormaliseContext & { readonly receivedAt: Date } {
  const { timezone } = context;
  const parent = Object.values(context).find((one) => typeof one === "object" && one !== null);
  return {
    receivedAt: RECEIVED,
    ...(typeof timezone === "string" ? { timeZone: timezone } : {}),
    ...(parent === undefined ? {} : { parent }),
  };
}
