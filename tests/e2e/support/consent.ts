import assert from "node:assert/strict";
import type { FunctionsWorld } from "./functions_world.ts";

/** The person's way through the provider's page; where the provider sends them back to. */
export async function allow(
  world: FunctionsWorld,
  authUrl: string,
  provider: string,
): Promise<URL> {
  const page = await world.request(authUrl);
  const form = new URLSearchParams({ person: "demo", decision: "allow" });
  for (const [, scope] of page.text.matchAll(/name="scope" value="([^"]+)"/g)) {
    if (scope) form.append("scope", scope);
  }
  const allowed = await world.request(authUrl, { method: "POST", body: form });
  const callback = allowed.location ?? new URL("about:blank");
  assert.ok(callback.href.startsWith(`${world.url}/oauth-callback/${provider}`), callback.href);
  return callback;
}

export function ticketIn(location: URL | undefined): string {
  const ticket = location?.searchParams.get("connect_ticket");
  assert.ok(ticket, location?.search);
  return ticket;
}
