import { rotateKeys } from "@shared/connections/rotate_keys.ts";
import type { TokenClient } from "./token_client.ts";

/** Where a rotation begins; what follows the last page too. */
export const FIRST_PAGE: string | undefined = undefined;

/** One page of the job `keys.rotate`, settled in a transaction as its queue does; the next page. */
export async function rotateOnePage(
  { db, vault, log }: Pick<TokenClient, "db" | "vault"> & {
    readonly log: Parameters<typeof rotateKeys>[0]["log"];
  },
  kid: string,
  cursor: string | undefined,
): Promise<string | undefined> {
  const outcome = await rotateKeys({ db, vault, log })({
    payload: { kid },
    attempt: 1,
    createdAt: new Date(),
    signal: new AbortController().signal,
    ...(cursor === undefined ? {} : { cursor }),
  });
  await db.transaction(async (tx) => await outcome.effect?.(tx));
  return outcome.kind === "continue" ? outcome.cursor : FIRST_PAGE;
}
