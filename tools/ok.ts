/**
 * The gate: everything that must hold before a change lands, cheapest first.
 *
 *   deno task ok [--only <step>…] [--except <step>…]
 *
 * Stops at the first step that fails. The last line is `N passed, N failed`, where a step without
 * tests of its own counts as one.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { typescriptFiles } from "./boundaries/graph.ts";
import { resultOf, type StepResult, totalsLine } from "./ok/totals.ts";
import { DENO_ENV, other, running } from "./test/denos.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What a deploy uploads, and what therefore has to compile on production's Deno as well. */
const DEPLOYED = ["shared", "functions"];
const EVERYTHING = [...DEPLOYED, "dev", "tools", "tests", "bench"];

interface Step {
  readonly name: string;
  /** Arguments of `deno`; a function where they take some finding out. */
  readonly args: readonly string[] | (() => readonly string[]);
  /** Runs on the other Deno than the one that runs this. */
  readonly other?: true;
}

const run = (script: string, ...args: readonly string[]) => ["run", "-A", script, ...args];

export const STEPS: readonly Step[] = [
  { name: "fmt", args: ["fmt", "--check", "--quiet"] },
  { name: "lint", args: ["lint", "--quiet"] },
  { name: "check", args: () => ["check", "--quiet", ...typescriptFiles(ROOT, EVERYTHING)] },
  {
    name: "check-other",
    args: () => ["check", "--quiet", "--no-lock", ...typescriptFiles(ROOT, DEPLOYED)],
    other: true,
  },
  { name: "boundaries", args: run("tools/boundaries.ts") },
  { name: "generated", args: run("tools/generate.ts", "--check") },
  { name: "openapi", args: run("tools/openapi_lint.ts") },
  { name: "test", args: run("tools/test.ts") },
  { name: "database", args: run("tools/database_lanes.ts") },
  { name: "deploy", args: run("tools/deploy_check.ts") },
];

async function runStep(step: Step): Promise<StepResult> {
  const deno = step.other ? await other() : running;
  console.log(`\n=== ${step.name} (Deno ${deno.version})`);
  const started = performance.now();
  const child = new Deno.Command(deno.path, {
    args: [...typeof step.args === "function" ? step.args() : step.args],
    cwd: ROOT,
    env: DENO_ENV,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const output = await tee(child.stdout);
  const { code } = await child.status;
  const seconds = (performance.now() - started) / 1_000;
  const result = resultOf({ name: step.name, seconds }, output, code);
  console.log(`${result.failed > 0 ? "FAILED" : "ok"} ${step.name}, ${seconds.toFixed(1)} s`);
  return result;
}

/** Shows what comes while it comes, and gives it back whole. */
async function tee(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    await Deno.stdout.write(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function select(only: readonly string[], except: readonly string[]): readonly Step[] {
  const unknown = [...only, ...except].filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length > 0) {
    const known = STEPS.map(({ name }) => name).join(", ");
    throw new Error(`Cannot run step ${unknown.join(", ")}: there are ${known}`);
  }
  return STEPS.filter(({ name }) =>
    (only.length === 0 || only.includes(name)) && !except.includes(name)
  );
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      only: { type: "string", multiple: true },
      except: { type: "string", multiple: true },
    },
  });
  const results: StepResult[] = [];
  for (const step of select(values.only ?? [], values.except ?? [])) {
    results.push(await runStep(step));
    if (results.some(({ failed }) => failed > 0)) break;
  }
  console.log();
  for (const { name, seconds } of results) {
    console.log(`${seconds.toFixed(1).padStart(7)} s  ${name}`);
  }
  console.log(`\n${totalsLine(results)}`);
  return results.some(({ failed }) => failed > 0) ? 1 : 0;
}

if (import.meta.main) {
  Deno.exit(
    await main().catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      console.log("\n0 passed, 1 failed");
      return 1;
    }),
  );
}
