import { z } from "zod";

/** An item of an expectation: only its keys are asserted; null asserts absence. */
export type ExpectedItem = Readonly<Record<string, unknown>>;

const items = z.array(z.record(z.string(), z.unknown())).default([]);

const expectation = z.looseObject({
  case_id: z.string(),
  input: z.string(),
  provider: z.string(),
  payload_kind: z.string(),
  context: z.record(z.string(), z.unknown()).default({}),
  canonical: z.looseObject({
    metrics: items,
    sleep: items,
    workouts: items,
    scores: items,
    events: items,
  }),
  exhaustive_metrics: z.array(z.string()).default([]),
  counts: z.record(z.string(), z.number()).default({}),
  must_not_emit: items,
  tolerance: z.record(z.string(), z.number()).default({}),
});

export type Expectation = z.output<typeof expectation>;

export interface Case {
  readonly expectation: Expectation;
  /** The payload as it lies in the file: what a webhook would receive. */
  readonly payload: string;
}

const SUFFIX = ".expected.json";

/** Every case under `folder`, in the order of their paths. Throws `Error` naming the broken file. */
export async function readCases(folder: string): Promise<readonly Case[]> {
  const cases: Case[] = [];
  for (const path of await expectationsUnder(folder)) {
    const result = expectation.safeParse(parse(path, await Deno.readTextFile(path)));
    if (!result.success) {
      throw new Error(`Cannot read ${path}: ${z.prettifyError(result.error)}`);
    }
    const input = `${path.slice(0, path.lastIndexOf("/"))}/${result.data.input}`;
    cases.push({ expectation: result.data, payload: await Deno.readTextFile(input) });
  }
  return cases;
}

async function expectationsUnder(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await expectationsUnder(path));
    else if (entry.name.endsWith(SUFFIX)) found.push(path);
  }
  return found.sort();
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`Cannot read ${path}: not JSON`);
  }
}
