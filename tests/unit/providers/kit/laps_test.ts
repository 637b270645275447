import assert from "node:assert/strict";
import { lapsOf } from "@shared/providers/kit/laps.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 1, 1, 8, minute));

Deno.test("lapsOf() gives the earliest first, zeros kept and absent readings left out", () => {
  assert.deepEqual(
    lapsOf([
      { start: at(10), end: at(20), distanceMetres: 0, hrAverage: null },
      { start: at(0), end: at(10), hrMaximum: 150, averagePowerWatts: undefined },
    ]),
    [
      { start: at(0), end: at(10), hrMaximum: 150 },
      { start: at(10), end: at(20), distanceMetres: 0 },
    ],
  );
});

Deno.test("lapsOf() takes nothing for a lap that has no time, or none that can be", () => {
  const never = new Date(NaN);
  assert.equal(lapsOf([]), undefined);
  assert.equal(
    lapsOf([
      { start: undefined, end: at(1) },
      { start: at(1), end: undefined },
      { start: never, end: at(1) },
      { start: at(1), end: never },
      { start: at(2), end: at(1) },
    ]),
    undefined,
  );
  assert.deepEqual(lapsOf([{ start: at(1), end: at(1) }]), [{ start: at(1), end: at(1) }]);
});
