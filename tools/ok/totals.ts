/** What a step came to. A step that counts nothing itself is one check. */
export interface StepResult {
  readonly name: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const LAST_LINE = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm;

/** Reads a step's own `N passed, N failed` off its output, and its exit status beside it. */
export function resultOf(
  step: { readonly name: string; readonly seconds: number },
  output: string,
  code: number,
): StepResult {
  const [, passed, failed, skipped] = [...output.matchAll(LAST_LINE)].at(-1) ?? [];
  const counted = passed === undefined
    ? { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
    : { passed: Number(passed), failed: Number(failed), skipped: Number(skipped ?? 0) };
  // A step that says "0 failed" and still ends badly has failed.
  if (code !== 0 && counted.failed === 0) return { ...step, ...counted, failed: 1 };
  return { ...step, ...counted };
}

/** The gate's last line. */
export function totalsLine(results: readonly StepResult[]): string {
  const total = (key: "passed" | "failed" | "skipped") =>
    results.reduce((sum, result) => sum + result[key], 0);
  const skipped = total("skipped");
  const tail = skipped > 0 ? `, ${skipped} skipped` : "";
  return `${total("passed")} passed, ${total("failed")} failed${tail}`;
}
