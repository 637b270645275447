/**
 * Measures this project beside what it replaces.
 *
 *   deno task bench queue [--json] [--rounds N] [--jobs N] [--only <part>…] [--state-dir DIR]
 *   deno task bench webhooks [--json] [--rounds N] [--seconds N] [--state-dir DIR]
 *   deno task bench ingest [--json] [--rounds N] [--rows N] [--stored N] [--state-dir DIR]
 *
 * Never part of the gate: what a machine reaches is no test. docs/PERFORMANCE.md has results.
 */
import { parseArgs } from "node:util";
import { StackFailure } from "../dev/failure.ts";
import { ingestBench } from "./ingest.ts";
import { PARTS, queueBench } from "./queue.ts";
import { webhooksBench } from "./webhooks.ts";

const HELP = `deno task bench queue|webhooks|ingest [options]

  --json            one object a line: {bench, subject, versus, metric, value, ratio, low, high}
  --rounds N        rounds of each part (default 3)
  --jobs N          queue: jobs of a round (default 30000)
  --seconds N       webhooks: how long each is sent to in a round (default 5)
  --rows N          ingest: samples of a round (default 200000)
  --stored N        ingest: samples whose bytes are measured (default 10000000; 0 leaves that out)
  --only <part>     queue: one of ${PARTS.join(", ")}; may be repeated
  --state-dir DIR   where servers and packages are kept (default .local)`;

if (import.meta.main) {
  try {
    const { values, positionals } = parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        rounds: { type: "string", default: "3" },
        jobs: { type: "string", default: "30000" },
        seconds: { type: "string", default: "5" },
        rows: { type: "string", default: "200000" },
        stored: { type: "string", default: "10000000" },
        only: { type: "string", multiple: true, default: [...PARTS] },
        "state-dir": { type: "string", default: ".local" },
      },
    });
    const only = PARTS.filter((part) => values.only.includes(part));
    const [rounds, jobs] = [Number(values.rounds), Number(values.jobs)];
    const seconds = Number(values.seconds);
    const [rows, stored] = [Number(values.rows), Number(values.stored)];
    const [bench = ""] = positionals;
    const known = only.length === values.only.length && rounds > 0 && jobs > 0 &&
      seconds > 0 && rows > 0 && stored >= 0;
    if (!["queue", "webhooks", "ingest"].includes(bench) || !known) {
      console.error(HELP);
      Deno.exit(2);
    }
    const { json, "state-dir": stateDir } = values;
    if (bench === "webhooks") await webhooksBench({ json, rounds, seconds, stateDir });
    else if (bench === "ingest") await ingestBench({ json, rounds, rows, stored, stateDir });
    else await queueBench({ json, rounds, jobs, only, stateDir });
  } catch (error) {
    if (!(error instanceof StackFailure)) throw error;
    console.error(error.message);
    Deno.exitCode = 1;
  }
}
