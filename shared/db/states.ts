import type { Bytes } from "../core/bytes.ts";
import type { Sql } from "./client.ts";

/** A link in the making. */
export interface OpenState {
  readonly id: string;
  readonly userId: string;
  readonly provider: string;
  readonly region: string;
  readonly redirectUri: string;
  readonly uiId: string | null;
  readonly verifierCt: string | null;
}

/** Remembers a state; answers when it ends. Throws `tooManyOpen`. */
export async function beginConnection(
  sql: Sql,
  p: OpenState & { readonly stateHash: Bytes; readonly returnTo: string },
): Promise<Date> {
  const [row] = await sql<[{ expiresAt: Date }]>`
    select raphael_private.begin_connection(
      ${p.stateHash}, ${p.id}, ${p.userId}, ${p.provider}, ${p.region}, ${p.redirectUri}, ${p.returnTo},
      ${p.uiId}, ${p.verifierCt}
    ) as "expiresAt"`;
  return row.expiresAt;
}

/** The state, once. */
export async function consumeState(
  sql: Sql,
  stateHash: Bytes,
): Promise<OpenState & { readonly returnTo: string } | undefined> {
  const [row] = await sql<(OpenState & { returnTo: string })[]>`
    select id, user_id as "userId", provider, region, redirect_uri as "redirectUri", return_to as "returnTo",
           ui_id as "uiId", verifier_ct as "verifierCt"
    from raphael_private.consume_state(${stateHash})`;
  return row;
}

/** Keeps what the callback brought, sealed, until the person brings the ticket. */
export async function issueTicket(
  sql: Sql,
  stateId: string,
  ticketHash: Bytes,
  callbackCt: string,
): Promise<void> {
  await sql`select raphael_private.issue_ticket(${stateId}, ${ticketHash}, ${callbackCt})`;
}

/** The ticket, once; whoever brings it burns it. */
export async function consumeTicket(
  sql: Sql,
  ticketHash: Bytes,
): Promise<OpenState & { readonly callbackCt: string } | undefined> {
  const [row] = await sql<(OpenState & { callbackCt: string })[]>`
    select id, user_id as "userId", provider, region, redirect_uri as "redirectUri", ui_id as "uiId",
           verifier_ct as "verifierCt", callback_ct as "callbackCt"
    from raphael_private.consume_ticket(${ticketHash})`;
  return row;
}

/** Who began the widget session that a webhook refers to. */
export async function findOpenState(
  sql: Sql,
  stateHash: Bytes,
  provider: string,
): Promise<{ userId: string; region: string; uiId: string | null } | undefined> {
  const [row] = await sql<{ userId: string; region: string; uiId: string | null }[]>`
    select user_id as "userId", region, ui_id as "uiId"
    from raphael_private.find_open_state(${stateHash}, ${provider})`;
  return row;
}
