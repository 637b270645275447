/** What a new provider is held to: its pages, what they mean, and how a person becomes known. */

const PAGE = {
  data: [
    { id: "d1", day: "2026-02-03", steps: 8_500, active_calories: 420 },
    { id: "d2", day: "2026-02-04", steps: 0, active_calories: null },
  ],
};

const day = (date: string, next: string) => ({
  start: `${date}T00:00:00.000Z`,
  localDate: date,
  end: `${next}T00:00:00.000Z`,
  dailyTotal: true,
});
const steps = (value: number) => ({ kind: "metric", metric: "steps", value, unit: "count" });
const EXPECTED = [
  {
    id: "d1",
    items: [
      { ...steps(8_500), ...day("2026-02-03", "2026-02-04") },
      {
        kind: "metric",
        metric: "energy_active",
        value: 420,
        unit: "kcal",
        ...day("2026-02-03", "2026-02-04"),
      },
    ],
  },
  { id: "d2", items: [{ ...steps(0), ...day("2026-02-04", "2026-02-05") }] },
];

const PERSON = {
  answers: [
    {
      access_token: "test-access",
      refresh_token: "test-refresh",
      token_type: "bearer",
      expires_in: 3_600,
    },
    { id: "person-1" },
  ],
  profile: { externalUserId: "person-1" },
};

const PAGING = {
  resource: "days",
  page: { data: [{ id: "d0", day: "2026-02-02", steps: 7_200 }], next: "p2" },
  carries: "cursor=p2",
};

export const FIXTURES: readonly (readonly [name: string, value: unknown])[] = [
  ["days", PAGE],
  ["days.expected", EXPECTED],
  ["paging", PAGING],
  ["person", PERSON],
];
