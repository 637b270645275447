import type { NormaliseContext } from "@shared/providers/resource.ts";
import type { Expectation } from "./case.ts";

/** When a case counts as received: nothing asserts it, and a fixed time keeps runs alike. */
const RECEIVED = new Date("2026-03-01T12:00:00Z");

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
