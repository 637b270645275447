import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import type { Ask } from "@shared/providers/driver.ts";
import google_health from "@shared/providers/google_health.ts";
import { ACCOUNT } from "../../support/provider_server.ts";

const WINDOW = {
  from: new Date("2026-02-27T10:00:00Z"),
  to: new Date("2026-02-28T11:00:00Z"),
};

function ask(resource: string, more: Partial<Ask> = {}): Request {
  const found = google_health.resources.find(({ name }) => name === resource);
  const request = found?.request?.({ account: ACCOUNT, window: WINDOW, ...more });
  assert.ok(request, resource);
  return request;
}

function addressOf(resource: string) {
  const { pathname, searchParams } = new URL(ask(resource).url);
  return {
    path: pathname.replace("/v4/users/me/dataTypes/", ""),
    filter: searchParams.get("filter"),
    pageSize: searchParams.get("pageSize"),
  };
}

const INSTANTS = ["2026-02-27T10:00:00.000Z", "2026-02-28T11:00:00.000Z"] as const;
/** It is the 26th west of UTC-10 at the beginning, and the 1st east of UTC+13 before the end. */
const DAYS = ["2026-02-26", "2026-03-02"] as const;

Deno.test("google_health asks for what began at an instant by instants", () => {
  assert.deepEqual(addressOf("heart_rate"), {
    path: "heart-rate/dataPoints:reconcile",
    filter: filter("heart_rate.sample_time.physical_time", INSTANTS),
    pageSize: "5000",
  });
  assert.deepEqual(addressOf("active_energy_burned"), {
    path: "active-energy-burned/dataPoints:reconcile",
    filter: filter("active_energy_burned.interval.start_time", INSTANTS),
    pageSize: "1440",
  });
});

Deno.test("google_health lists what may have been typed, with its source", () => {
  for (const resource of ["weight", "body_fat", "height", "blood_glucose", "hydration_log"]) {
    assert.match(addressOf(resource).path, /\/dataPoints$/, resource);
  }
});

Deno.test("google_health asks for sleep by its end, 25 nights a page", () => {
  assert.deepEqual(addressOf("sleep"), {
    path: "sleep/dataPoints:reconcile",
    filter: filter("sleep.interval.end_time", INSTANTS),
    pageSize: "25",
  });
});

Deno.test("google_health asks for sessions and days by every civil day the window may hold", () => {
  assert.deepEqual(addressOf("exercise"), {
    path: "exercise/dataPoints:reconcile",
    filter: filter("exercise.interval.civil_start_time", DAYS),
    pageSize: "25",
  });
  assert.deepEqual(addressOf("daily_vo2_max"), {
    path: "daily-vo2-max/dataPoints:reconcile",
    filter: filter("daily_vo2_max.date", DAYS),
    pageSize: "1440",
  });
});

Deno.test("google_health rolls whole civil days up, and asks for the page it was told", async () => {
  const request = ask("total_calories_per_day", { cursor: "page 2" });
  assert.equal(request.method, "POST");
  assert.match(request.url, /\/v4\/users\/me\/dataTypes\/total-calories\/dataPoints:dailyRollUp$/);
  assert.equal(request.headers.get("content-type"), "application/json");
  assert.deepEqual(await request.json(), {
    range: {
      start: { date: { year: 2026, month: 2, day: 26 } },
      end: { date: { year: 2026, month: 3, day: 2 } },
    },
    windowSizeDays: 1,
    pageToken: "page 2",
  });
  assert.equal("pageToken" in await ask("steps_per_day").json(), false);
});

Deno.test("google_health rolls up no more days than are allowed", async () => {
  const limits = new Map([["total_calories", 14], ["active_minutes", 14], ["heart_rate", 14]]);
  for (const { name, pageDays = 0 } of google_health.resources) {
    if (!name.endsWith("_per_day")) continue;
    // The worst: it begins and ends where clocks on earth show three days.
    const from = new Date("2026-03-01T11:00:00Z");
    const window = { from, to: new Date(from.getTime() + pageDays * 86_400_000) };
    const { range } = await ask(name, { window }).json();
    const [start, end] = [range.start.date, range.end.date]
      .map(({ year, month, day }) => Date.UTC(year, month - 1, day));
    const days = ((end ?? 0) - (start ?? 0)) / 86_400_000;
    assert.ok(days > 0 && days <= (limits.get(name.replace("_per_day", "")) ?? 90), name);
  }
});

Deno.test("google_health keeps which version of a session it read", () => {
  const interval = {
    startTime: "2026-02-28T06:00:00Z",
    endTime: "2026-02-28T13:00:00Z",
  };
  const updateTime = "2026-02-28T14:00:00Z";
  const point = (value: object) => ({ dataPoints: [{ dataPointName: "users/1/x/2", ...value }] });
  for (const type of ["sleep", "exercise"]) {
    const versionOf = (value: object) =>
      google_health.normalise(type, point({ [type]: value })).records[0]?.version;
    assert.deepEqual(versionOf({ interval, updateTime }), new Date(updateTime));
    assert.equal(versionOf({ interval }), undefined);
  }
});

Deno.test("google_health names a revoked grant gone, and sends no client's secret for it", async () => {
  assert.ok(google_health.link.kind === "oauth2");
  const bodies: string[] = [];
  for (const status of [200, 400]) {
    await google_health.link.revokeTokens?.(
      { accessToken: new Secret("a"), refreshToken: new Secret("r") },
      ACCOUNT,
      {
        client: { id: "id", secret: new Secret("s") },
        now: () => new Date(0),
        signal: new AbortController().signal,
        async fetch(input, init) {
          bodies.push(await new Request(input, init).text());
          return new Response(null, { status });
        },
      },
    );
  }
  assert.deepEqual(bodies, ["token=r", "token=r"]);
});

function filter(field: string, [from, to]: readonly [string, string]): string {
  return `${field} >= "${from}" AND ${field} < "${to}"`;
}
