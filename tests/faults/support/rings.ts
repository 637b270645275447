import { sealTokens } from "@shared/connections/tokens.ts";
import { Secret } from "@shared/core/secret.ts";
import { HOUR } from "@shared/core/time.ts";
import { activateAccount, reserveAccount, storeTokens } from "@shared/db/accounts.ts";
import type { NewJob } from "@shared/db/jobs.ts";
import type { TestDatabase } from "../../support/database.ts";
import { GOOD } from "../../support/environment.ts";
import { vault } from "../../support/linked.ts";
import { addPerson } from "../../support/people.ts";
import { CLIENTS } from "../../unit/dev/sandbox/support.ts";

/** What a worker needs to pull from an Oura that stands somewhere else. */
export function ringEnvironment(origins: string, databaseUrl: string) {
  return {
    ...GOOD,
    RAPHAEL_DATABASE_URL: databaseUrl,
    PROVIDER_ORIGINS: origins,
    OURA_CLIENT_ID: CLIENTS.oura.id,
    OURA_CLIENT_SECRET: CLIENTS.oura.secret,
    OURA_VERIFY_TOKEN: "test-key-oura-verify-token-0000000",
  };
}

/** A linked ring whose tokens outlive the test; its account's id. */
export async function linkRing(
  { admin, app }: TestDatabase,
  externalUserId: string,
  tokens = { access_token: externalUserId, refresh_token: `refresh-${externalUserId}` },
): Promise<string> {
  const account = { userId: await addPerson(admin), provider: "oura", region: "", externalUserId };
  const { id, tokenVersion } = await reserveAccount(app, account);
  const sealed = await sealTokens(vault, { id, ...account }, {
    accessToken: new Secret(tokens.access_token),
    refreshToken: new Secret(tokens.refresh_token),
    expiresAt: new Date(Date.now() + 20 * HOUR),
    scopes: [],
  }, tokenVersion);
  await storeTokens(app, id, sealed);
  await activateAccount(app, id, {});
  return id;
}

/** Reads the nights of so many days, in as many pages as the provider makes of them. */
export function pullNights(accountId: string, day: string, days = 1, hours = 0): NewJob {
  const from = Date.parse(day);
  const payload = {
    accountId,
    resource: "daily_sleep",
    from: new Date(from).toISOString(),
    to: new Date(from + days * 24 * HOUR + hours * HOUR).toISOString(),
  };
  return { kind: "sync.pull", payload, accountId };
}

export interface StoredNight {
  readonly id: string;
  readonly account: string;
  readonly deleted: boolean;
  readonly score: number | null;
}

/** What stands of the nights, tombstones included. */
export async function storedNights({ admin }: TestDatabase, id?: string): Promise<StoredNight[]> {
  return [
    ...await admin<StoredNight[]>`
      select r.external_id as id, r.account_id as account, r.deleted_at is not null as deleted,
             s.value as score
      from raphael_private.raw_records r
      left join raphael.samples s on s.user_key = r.user_key and s.record_id = r.id
      where ${id === undefined ? admin`true` : admin`r.external_id = ${id}`}`,
  ];
}
