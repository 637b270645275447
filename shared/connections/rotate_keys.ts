import type { SealContext } from "../core/envelope.ts";
import { enqueue } from "../db/jobs.ts";
import {
  type Resealed,
  resealRows,
  rowsToReseal,
  SEALED_PLACES,
  type SealedPlace,
  type SealedRow,
  sealingKeys,
} from "../db/sealing_keys.ts";
import type { Handler } from "../jobs/handlers.ts";
import type { ConnectionDeps } from "./deps.ts";
import { sealed, sealedToken } from "./sealed.ts";

type Deps = Pick<ConnectionDeps, "db" | "vault" | "log">;

/** A batch of 100 costs about 100 ms of the platform's 2 s, and one short transaction. */
const BATCH = 100;
const OTHER_KEY_SECONDS = 300;
const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/** Queues a rotation where anything is sealed with another key than the active one. */
export async function enqueueRotation(deps: Pick<Deps, "db" | "vault">): Promise<void> {
  const kid = deps.vault.activeKid;
  await deps.db.query(async (sql) => {
    const used = await sealingKeys(sql);
    if (used.some((one) => one !== kid)) {
      await enqueue(sql, [{ kind: "keys.rotate", payload: { kid } }]);
    }
  });
}

/**
 * Seals everything anew with the active key, batch by batch: one batch is one page of the job, so a crash
 * repeats a batch. A row that is written meanwhile is left to its writer, and what that leaves under an
 * older key to the next hour's rotation.
 */
export function rotateKeys(deps: Deps): Handler<"keys.rotate"> {
  return async ({ payload: { kid }, cursor }) => {
    if (kid !== deps.vault.activeKid) {
      const reason = `Cannot rotate keys: ${kid} is not the active one here`;
      return { kind: "snooze", seconds: OTHER_KEY_SECONDS, reason };
    }
    const { place, after } = readCursor(cursor);
    const rows = await deps.db.query((sql) =>
      rowsToReseal(sql, { place, kid, after, limit: BATCH })
    );
    const last = rows.at(-1);
    if (!last) {
      const next = SEALED_PLACES[SEALED_PLACES.indexOf(place) + 1];
      return next ? { kind: "continue", cursor: `${next}:${FIRST_ID}` } : { kind: "done" };
    }
    const resealed = (await Promise.all(rows.map((row) => reseal(deps, place, row))))
      .filter((row) => row !== undefined);
    return {
      kind: "continue",
      cursor: `${place}:${last.id}`,
      async effect(tx) {
        const count = await resealRows(tx, place, resealed);
        deps.log("info", "keys_rotated", { place, kid, count, left: rows.length - count });
      },
    };
  };
}

async function reseal(
  { vault, log }: Deps,
  place: SealedPlace,
  row: SealedRow,
): Promise<Resealed | undefined> {
  const again = async (column: 0 | 1, text: string | null) => {
    if (text === null) return null;
    const context = contextOf(place, row, column);
    return await vault.seal(context, await vault.open(context, text));
  };
  try {
    return { old: row, first: await again(0, row.first), second: await again(1, row.second) };
  } catch {
    log("error", "key_not_rotated", { place, id: row.id });
    return undefined;
  }
}

/** A row's first value and its second, bound as whoever sealed them did. */
function contextOf(place: SealedPlace, row: SealedRow, column: 0 | 1): SealContext {
  const holder = { id: row.accountId, userId: row.userId, provider: row.provider };
  return place === "oauth_states"
    ? sealed(column === 0 ? "verifier" : "callback", holder)
    : sealedToken(column === 0 ? "access_token" : "refresh_token", holder, row.tokenVersion);
}

function readCursor(cursor: string | undefined): { place: SealedPlace; after: string } {
  const [name, after = FIRST_ID] = cursor?.split(":") ?? [];
  return { place: SEALED_PLACES.find((one) => one === name) ?? SEALED_PLACES[0], after };
}
