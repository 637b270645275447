import assert from "node:assert/strict";
import { utf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import type { OAuth2Link } from "@shared/providers/link.ts";
import wahoo from "@shared/providers/wahoo.ts";
import { ACCOUNT, MARKED, WINDOW, withProvider } from "../../support/provider_server.ts";
import { failureOf } from "../../conformance/calls.ts";

// SAFETY: the laws assert that the link is OAuth's.
const link = wahoo.link as OAuth2Link;
const ASK = { account: ACCOUNT, window: WINDOW };

function requestTo(name: string, recordId?: string): string | undefined {
  const found = wahoo.resources.find((one) => one.name === name);
  const request = recordId === undefined
    ? found?.request?.({ ...ASK, cursor: "3" })
    : found?.requestOne?.({ ...ASK, recordId });
  return request?.url.replace("https://api.wahooligan.com", "");
}

Deno.test("wahoo asks for a hundred workouts a page, and for the person's own figures", () => {
  assert.equal(requestTo("workouts"), "/v1/workouts?page=3&per_page=100");
  assert.equal(requestTo("workouts", "7"), "/v1/workouts/7");
  assert.equal(requestTo("user"), "/v1/user");
  assert.equal(requestTo("power_zones"), "/v1/power_zones");
});

Deno.test("wahoo's pages end with the last, or where all that follows is older than the window", () => {
  const { next } = wahoo.resources.find(({ name }) => name === "workouts") ?? {};
  const page = (starts: readonly string[], about = { total: 1_000, per_page: 100 }) => ({
    rows: starts.map((one) => ({ id: 1, starts: `${one}T10:00:00.000Z` })),
    about,
  });
  const after = (...of: Parameters<typeof page>) => next?.(page(...of), { ...ASK, cursor: "2" });
  assert.equal(after(["2026-02-07", "2026-02-02"]), "3");
  assert.equal(after(["2026-02-07", "2026-01-30"]), undefined, "older than the window");
  assert.equal(after(["2026-01-30", "2026-02-07"]), "3", "oldest first: the window is to come");
  assert.equal(after(["2026-02-07"], { total: 200, per_page: 100 }), undefined, "the last page");
  assert.equal(after(["2026-02-07"], { total: 201, per_page: 100 }), "3");
  assert.equal(after([]), undefined);
  assert.equal(next?.(page(["2026-02-07"]), ASK), "2", "the first page is 1");
});

Deno.test("wahoo's records are as old as the newer of workout and summary", () => {
  const times = (updated_at: string | null, summary: string | null) =>
    wahoo.normalise("workouts", {
      id: 1,
      starts: "2026-02-07T10:00:00.000Z",
      updated_at,
      workout_summary: { id: 2, updated_at: summary },
    }).records[0]?.version?.toISOString();
  const [early, late] = ["2026-02-08T00:00:00.000Z", "2026-02-09T00:00:00.000Z"];
  assert.equal(times(early, late), late);
  assert.equal(times(late, early), late);
  assert.equal(times(null, null), undefined);
});

Deno.test("wahoo says in one number how long a used-up limit holds", async () => {
  const headers = {
    "x-ratelimit-limit": "5000, 1000, 200",
    "x-ratelimit-remaining": "4800, 800, 0",
    "x-ratelimit-reset": "287",
  };
  const answer = () => new Response("{}", { status: 429, headers });
  await withProvider(answer, async ({ context }) => {
    const call = wahoo.fetchPage({ ...ASK, resource: "workouts" }, context());
    assert.deepEqual(await failureOf(call), { kind: "rate_limited", retryAfter: 287 });
  });
});

Deno.test("wahoo is told to forget the app with the person's own token", async () => {
  await withProvider(() => new Response(null, { status: 204 }), async ({ requests, context }) => {
    const tokens = { accessToken: new Secret(MARKED.accessToken) };
    await link.revokeTokens?.(tokens, ACCOUNT, context());
    const [request] = requests;
    assert.equal(request?.method, "DELETE");
    assert.equal(request.url.href, "https://api.wahooligan.com/v1/permissions");
    assert.equal(request.headers.get("authorization"), `Bearer ${MARKED.accessToken}`);
  });
  assert.ok(link.scopes.includes("offline_data"), "or nothing would be told of");
});

Deno.test("wahoo's deliveries of one summary differ by when it changed", () => {
  const keyOf = (summary: unknown) =>
    wahoo.webhook?.deliveryKey({
      method: "POST",
      url: new URL("https://app.example/webhooks/wahoo"),
      headers: new Headers(),
      body: utf8(
        JSON.stringify({
          event_type: "workout_summary",
          user: { id: 1 },
          workout_summary: summary,
        }),
      ),
    });
  assert.equal(keyOf({ id: 7, updated_at: "2026-02-07T10:00:00Z" }), "7:2026-02-07T10:00:00Z");
  assert.equal(keyOf({ id: 7 }), undefined);
  assert.equal(keyOf({ updated_at: "2026-02-07T10:00:00Z" }), undefined);
});
