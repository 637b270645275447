/** What one `deno test` run came to, read from its JUnit report (steps are cases of their own). */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly where: string;
  readonly what: string;
}

const EMPTY: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] };

/**
 * @param xml the report, or undefined when the run ended before it wrote one
 * @param status exit status of the run. An error outside of any test is in no report: a run that
 * failed without a reported failure counts as one.
 */
export function tally(xml: string | undefined, status: number, run: string): Tally {
  const cases = [...(xml ?? "").matchAll(/<testcase ([^>]*)>(.*?)<\/testcase>/gs)];
  const failures: Failure[] = [];
  let skipped = 0;
  for (const [, attributes = "", body = ""] of cases) {
    if (/<(failure|error)\b/.test(body)) {
      failures.push({ where: `${run}: ${title(attributes)}`, what: plain(body) });
    } else if (body.includes("<skipped")) skipped++;
  }
  const passed = cases.length - failures.length - skipped;
  if (status !== 0 && failures.length === 0) {
    failures.push({ where: run, what: `ended with status ${status} outside of any test` });
  }
  return { passed, failed: failures.length, skipped, failures };
}

export function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce((all, one) => ({
    passed: all.passed + one.passed,
    failed: all.failed + one.failed,
    skipped: all.skipped + one.skipped,
    failures: [...all.failures, ...one.failures],
  }), EMPTY);
}

/** The last line of every gate: `N passed, N failed`, and what was skipped only where something was. */
export function lastLine({ passed, failed, skipped }: Omit<Tally, "failures">): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function title(attributes: string): string {
  const read = (name: string) => unescape(attributes.match(`\\b${name}="([^"]*)"`)?.[1] ?? "?");
  return `${read("classname")} ${read("name")}`;
}

function plain(body: string): string {
  const text = body.match(/<(?:failure|error)[^>]*>(.*?)<\/(?:failure|error)>/s)?.[1];
  const message = body.match(/message="([^"]*)"/)?.[1];
  // deno-lint-ignore no-control-regex -- terminal colours of Deno 2.1 are written into the report
  return unescape(text ?? message ?? "failed").replaceAll(/\x1b\[[0-9;]*m/g, "").trim();
}

function unescape(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}
