import { deepEqual, equal, throws } from "node:assert/strict";
import { jsonLine, textLine } from "../../../bench/support/report.ts";
import { percentile, ratios, spread } from "../../../bench/support/statistics.ts";

Deno.test("spread() gives the middle of an odd and of an even number of rounds", () => {
  deepEqual(spread([30, 10, 20]), { median: 20, low: 10, high: 30 });
  deepEqual(spread([4, 1, 3, 2]), { median: 2.5, low: 1, high: 4 });
});

Deno.test("spread() orders by number, not by digits", () => {
  deepEqual(spread([9, 100, 20]), { median: 20, low: 9, high: 100 });
});

Deno.test("spread() refuses an empty list, which would print as a result", () => {
  throws(() => spread([]), /none was measured/);
});

Deno.test("percentile() interpolates between ranks and reaches both ends", () => {
  const values = [50, 10, 40, 20, 30];
  equal(percentile(values, 0), 10);
  equal(percentile(values, 25), 20);
  equal(percentile(values, 99), 49.6);
  equal(percentile(values, 100), 50);
});

Deno.test("ratios() pairs rounds, so that a slow round slows both", () => {
  deepEqual(ratios([40, 10], [20, 5]), [2, 2]);
  throws(() => ratios([1, 2], [1]), /Cannot pair rounds/);
});

const FINDING = {
  bench: "queue",
  subject: "ours",
  versus: "theirs",
  metric: "drain",
  rounds: [300, 100, 220],
  versusRounds: [100, 50, 100],
};

Deno.test("jsonLine() takes the median of the paired ratios, not the ratio of the medians", () => {
  deepEqual(JSON.parse(jsonLine({ ...FINDING, rounds: [300, 100, 400] })), {
    bench: "queue",
    subject: "ours",
    versus: "theirs",
    metric: "drain",
    value: 300,
    ratio: 3,
    low: 2,
    high: 4,
  });
});

Deno.test("jsonLine() has no ratio where nothing is compared", () => {
  const { versusRounds: _, ...alone } = FINDING;
  const line = JSON.parse(jsonLine(alone));
  deepEqual([line.value, line.ratio, line.low, line.high], [220, null, 100, 300]);
});

Deno.test("textLine() shows each round's ratio beside their spread", () => {
  equal(textLine(FINDING), "drain: ours 220 = 2.20 [2.00–3.00] x theirs (3.00 2.00 2.20)");
});
