import { toBase64 } from "@shared/core/bytes.ts";
import type { Vault } from "@shared/core/envelope.ts";
import { rotateKeys } from "@shared/connections/rotate_keys.ts";
import type { Database } from "@shared/db/client.ts";

/** TEST KEYS: counted, not drawn. */
const key = (first: number) => toBase64(Uint8Array.from({ length: 32 }, (_, i) => first + i));
export const KEYS = { k1: key(1), k2: key(2) };

/** Where a rotation begins; what follows the last page too. */
export const FIRST_PAGE: string | undefined = undefined;

/** One page of the job `keys.rotate`, settled in a transaction as its queue does; the next page. */
export async function rotateOnePage(
  deps: {
    readonly db: Database;
    readonly vault: Vault;
    readonly log: Parameters<typeof rotateKeys>[0]["log"];
  },
  kid: string,
  cursor: string | undefined,
): Promise<string | undefined> {
  const outcome = await rotateKeys(deps)({
    payload: { kid },
    attempt: 1,
    createdAt: new Date(),
    signal: new AbortController().signal,
    ...(cursor === undefined ? {} : { cursor }),
  });
  await deps.db.transaction(async (tx) => await outcome.effect?.(tx));
  return outcome.kind === "continue" ? outcome.cursor : FIRST_PAGE;
}
