import assert from "node:assert/strict";
import { readReceived, type Received, writeReceived } from "@shared/connections/received.ts";
import { Secret } from "@shared/core/secret.ts";

const CASES: readonly Received[] = [
  { kind: "code", code: "c0de" },
  { kind: "code", code: "c0de", grantedScope: "daily heartrate" },
  { kind: "widget", reference: "r", query: "user_id=1&state=r" },
  { kind: "linked", linked: { externalUserId: "1", timeZone: "Europe/Berlin" } },
  {
    kind: "linked",
    linked: {
      externalUserId: "1",
      scopes: ["daily"],
      tokens: {
        accessToken: new Secret("access"),
        refreshToken: new Secret("refresh"),
        expiresAt: new Date("2026-02-01T00:00:00Z"),
        scopes: ["daily"],
      },
    },
  },
  {
    kind: "linked",
    linked: { externalUserId: "1", tokens: { accessToken: new Secret("access") } },
  },
];

/** Secrets are equal to none, so they are compared by what they hide. */
function revealed(received: Received) {
  if (received.kind !== "linked") return received;
  const { tokens, ...rest } = received.linked;
  if (!tokens) return rest;
  const { accessToken, refreshToken, ...about } = tokens;
  return { rest, about, access: accessToken.reveal(), refresh: refreshToken?.reveal() };
}

Deno.test("readReceived() gives back what writeReceived() wrote, tokens and absences too", () => {
  for (const received of CASES) {
    const again = readReceived(writeReceived(received));
    assert.deepEqual(revealed(again), revealed(received));
    assert.equal(again.kind, received.kind);
  }
});
