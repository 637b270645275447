import { type Access, ahead, refuseGone } from "../db/as_user.ts";
import { type AccessRow, readAccesses, recordAccess } from "../db/audit.ts";
import type { Database } from "../db/client.ts";
import { BIGINT, readCursor, writeCursor } from "./cursor.ts";

export interface AccessesAsked extends Pick<Access, "claims" | "requestId" | "budget"> {
  readonly limit: number;
  readonly cursor?: string;
}

/** Who looked at a person's data, newest first; this look is the first of them. */
export async function listAccesses(db: Database, asked: AccessesAsked) {
  const { claims, requestId, limit } = asked;
  const [before] = asked.cursor === undefined ? [] : readCursor(asked.cursor, [BIGINT]);
  type Read = readonly [unknown, readonly AccessRow[]];
  const [, rows] = await refuseGone(db.pipeline<Read>((sql) => [
    recordAccess(sql, { claims, requestId, action: "accesses.list" }),
    readAccesses(sql, {
      userId: claims.sub,
      limit: limit + 1,
      ...(before === undefined ? {} : { before }),
    }),
  ], ahead(asked)));
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map(({ id, at, action, details, requestId }) => ({
      id,
      ts: at,
      action,
      ...details,
      requestId,
    })),
    ...(rows.length > limit && last ? { nextCursor: writeCursor([last.id]) } : {}),
  };
}
