/**
 * Measures this project beside what it replaces.
 *
 *   deno task bench queue [--json] [--rounds N] [--jobs N] [--only <part>…] [--state-dir DIR]
 *   deno task bench webhooks [--json] [--rounds N] [--seconds N] [--state-dir DIR]
 *   deno task bench ingest [--json] [--rounds N] [--rows N] [--stored N] [--state-dir DIR]
 *   deno task bench query [--json] [--times N] [--sizes N,N,N] [--state-dir DIR]
 *
 * Never part of the gate: what a machine reaches is no test. docs/PERFORMANCE.md has results.
 */
import { parseArgs } from "node:util";
import { StackFailure } from "../dev/failure.ts";
import { ingestBench } from "./ingest.ts";
import { queryBench } from "./query.ts";
import { PARTS, queueBench } from "./queue.ts";
import { webhooksBench } from "./webhooks.ts";

const HELP = `deno task bench queue|webhooks|ingest|query [options]

  --json            one object a line: {bench, subject, versus, metric, value, ratio, low, high}
  --rounds N        rounds of each part (default 3)
  --jobs N          queue: jobs of a round (default 60000)
  --seconds N       webhooks: how long each is sent to in a round (default 5)
  --rows N          ingest: samples of a round (default 200000)
  --stored N        ingest: samples whose bytes are measured (default 10000000; 0 leaves that out)
  --sizes N,N,N     query: samples, ascending (default 1000000,10000000,30000000)
  --times N         query: how often each question is asked at each size (default 1,000)
  --only <part>     queue: one of ${PARTS.join(", ")}; may be repeated
  --state-dir DIR   where servers and packages are kept (default .local)`;

/** Numbers that options give, with their defaults. */
const NUMBERS = {
  rounds: 3,
  jobs: 60_000,
  seconds: 5,
  rows: 200_000,
  stored: 10_000_000,
  times: 1_000,
} as const;

if (import.meta.main) {
  try {
    const { values, positionals } = parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        ...number("rounds"),
        ...number("jobs"),
        ...number("seconds"),
        ...number("rows"),
        ...number("stored"),
        ...number("times"),
        sizes: { type: "string", default: "1000000,10000000,30000000" },
        only: { type: "string", multiple: true, default: [...PARTS] },
        "state-dir": { type: "string", default: ".local" },
      },
    });
    const only = PARTS.filter((part) => values.only.includes(part));
    const sizes = values.sizes.split(",").map(Number);
    const of = (name: keyof typeof NUMBERS) => Number(values[name]);
    const [rounds, jobs, seconds] = [of("rounds"), of("jobs"), of("seconds")];
    const [rows, stored, times] = [of("rows"), of("stored"), of("times")];
    const { json, "state-dir": stateDir } = values;
    const benches: Readonly<Record<string, () => Promise<void>>> = {
      queue: () => queueBench({ json, rounds, jobs, only, stateDir }),
      webhooks: () => webhooksBench({ json, rounds, seconds, stateDir }),
      ingest: () => ingestBench({ json, rounds, rows, stored, stateDir }),
      query: () => queryBench({ json, times, sizes, stateDir }),
    };
    const run = benches[positionals[0] ?? ""];
    const above = [rounds, jobs, seconds, rows, times, ...sizes].every((value) => value > 0);
    if (!run || !above || !(stored >= 0) || only.length !== values.only.length) {
      console.error(HELP);
      Deno.exit(2);
    }
    await run();
  } catch (error) {
    if (!(error instanceof StackFailure)) throw error;
    console.error(error.message);
    Deno.exitCode = 1;
  }
}

function number<N extends keyof typeof NUMBERS>(name: N) {
  // SAFETY: a record of the one name.
  return { [name]: { type: "string", default: String(NUMBERS[name]) } } as Record<
    N,
    { type: "string"; default: string }
  >;
}
