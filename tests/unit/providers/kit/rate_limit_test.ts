import assert from "node:assert/strict";
import { untilReset } from "@shared/providers/kit/rate_limit.ts";

const NOW = new Date("2026-03-01T12:10:00Z");
const strava = untilReset([
  { limit: "x-ratelimit-limit", usage: "x-ratelimit-usage" },
  { limit: "x-readratelimit-limit", usage: "x-readratelimit-usage" },
], [900, 86_400]);

function stravaSays(overall: string, read: string): number | undefined {
  return strava(
    new Headers({
      "x-ratelimit-limit": "200,2000",
      "x-ratelimit-usage": overall,
      "x-readratelimit-limit": "100,1000",
      "x-readratelimit-usage": read,
    }),
    NOW,
  );
}

Deno.test("untilReset() waits for the end of the window that is used up, of either pair", () => {
  assert.equal(stravaSays("200,500", "99,500"), 300);
  assert.equal(stravaSays("150,500", "100,500"), 300);
  assert.equal(stravaSays("150,500", "50,1000"), 42_600);
  assert.equal(stravaSays("200,500", "50,1000"), 42_600);
  assert.equal(stravaSays("150,500", "99,999"), undefined);
  assert.equal(strava(new Headers(), NOW), undefined);
});

Deno.test("untilReset() takes the provider's own word for when a window ends", () => {
  const polar = untilReset([
    { limit: "ratelimit-limit", usage: "ratelimit-usage", reset: "ratelimit-reset" },
  ]);
  const says = (usage: string) =>
    polar(
      new Headers({
        "ratelimit-limit": "520, 5100",
        "ratelimit-usage": usage,
        "ratelimit-reset": "165, 9700",
      }),
      NOW,
    );
  assert.equal(says("520, 400"), 165);
  assert.equal(says("520, 5100"), 9_700);
  assert.equal(says("1, 1"), undefined);
  const whoop = untilReset([{ remaining: "x-ratelimit-remaining", reset: "x-ratelimit-reset" }]);
  const left = (remaining: string) =>
    whoop(new Headers({ "x-ratelimit-remaining": remaining, "x-ratelimit-reset": "12" }), NOW);
  assert.deepEqual([left("0"), left("3")], [12, undefined]);
  const fitbit = untilReset([{ reset: "fitbit-rate-limit-reset" }]);
  assert.equal(fitbit(new Headers({ "fitbit-rate-limit-reset": "1800" }), NOW), 1_800);
  assert.equal(fitbit(new Headers({ "fitbit-rate-limit-reset": "soon" }), NOW), undefined);
});
