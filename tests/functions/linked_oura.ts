import { HOUR } from "@shared/core/time.ts";
import { createVault } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";
import { parseConfig } from "@shared/config.ts";
import { sealTokens } from "@shared/connections/tokens.ts";
import { activateAccount, reserveAccount, storeTokens } from "@shared/db/accounts.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { serve } from "../../dev/serve.ts";
import type { TestDatabase } from "../support/database.ts";
import { GOOD } from "../support/environment.ts";
import { addPerson } from "../support/people.ts";

/** An Oura that hands out tokens, and answers everything else so. */
export function startOura(answer: (url: URL) => Response) {
  const requests: string[] = [];
  const server = serve((request) => {
    const url = new URL(request.url);
    requests.push(url.pathname);
    return url.pathname === "/oauth/token"
      ? Response.json({
        access_token: "test-key-access-2",
        refresh_token: "test-key-refresh-2",
        token_type: "bearer",
        expires_in: 86_400,
      })
      : answer(url);
  });
  return {
    requests,
    origin: server.url,
    stop: server.stop,
  };
}

/** The settings of functions that find Oura at `origin`. */
export function ouraEnv({ appUrl }: TestDatabase, origin: string) {
  const hosts = PROVIDERS.find(({ slug }) => slug === "oura")?.hosts ?? [];
  return {
    ...GOOD,
    RAPHAEL_DATABASE_URL: appUrl,
    OURA_CLIENT_ID: "oura-client",
    OURA_CLIENT_SECRET: "test-key-oura",
    PROVIDER_ORIGINS: hosts.map((host) => `https://${host}=${origin}`).join(","),
  };
}

/** An account whose token ends in a minute. */
export async function linkOura(
  { admin, app }: TestDatabase,
  env: Record<string, string>,
): Promise<string> {
  const userId = await addPerson(admin);
  const account = { userId, provider: "oura", region: "", externalUserId: "demo" };
  const { id, tokenVersion } = await reserveAccount(app, account);
  const vault = createVault(parseConfig(env, PROVIDERS).vaultKeys);
  const tokens = {
    accessToken: new Secret("test-key-access"),
    refreshToken: new Secret("test-key-refresh"),
    expiresAt: new Date(Date.now() + HOUR / 60),
  };
  await storeTokens(app, id, await sealTokens(vault, { id, ...account }, tokens, tokenVersion));
  await activateAccount(app, id, {});
  return id;
}
