import type { SessionRow } from "../db/sessions.ts";

/** Names a session in answers. */
export function sessionId({ recordId, sessionId }: Pick<SessionRow, "recordId" | "sessionId">) {
  return `${recordId}-${sessionId}`;
}

/** Members of a session that are numbers. */
export type Numbers = Readonly<Record<string, number>>;

export function numbersOf(measures: Readonly<Record<string, unknown>>): Numbers {
  return Object.fromEntries(
    Object.entries(measures).filter((entry): entry is [string, number] =>
      typeof entry[1] === "number"
    ),
  );
}

/** Those of `names` that are there. */
export function pick<N extends string>(
  numbers: Numbers,
  names: readonly N[],
): { readonly [K in N]?: number } {
  const picked: { [K in N]?: number } = {};
  for (const name of names) {
    const value = numbers[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
