/** `deno task faults --long`: the counts of the fault plan, where they fit into minutes. */
export const LONG = Deno.env.get("FAULTS_LONG") === "1";

export function counts<T>(short: T, long: T): T {
  return LONG ? long : short;
}

/** Names the run, so that it can be repeated. */
export const SEED = Number(
  Deno.env.get("FAULTS_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0],
);

/** False once the fault's time is up: it injects no more, and is judged by what it reached. */
export type Injecting = () => boolean;

export interface FaultOptions {
  /** How long the long form injects; what follows (the queue's end, the check) comes on top. */
  readonly longSeconds?: number;
  /** What this machine lacks for it: the fault is skipped, and says so. */
  readonly missing?: string | undefined;
}

/** The whole long run stays within an hour: 42 faults, some of them in several parts. */
const LONG_SECONDS = 70;

/** A test of the fault plan; a failure names the seed. */
export function fault(
  id: string,
  promise: string,
  run: (injecting: Injecting) => Promise<void>,
  { longSeconds = LONG_SECONDS, missing }: FaultOptions = {},
): void {
  const name = `${id} ${promise}`;
  if (missing) {
    report(id, { skipped: missing });
    Deno.test({ name: `${name} (skipped: ${missing})`, ignore: true, fn: () => {} });
    return;
  }
  Deno.test(name, async () => {
    const end = performance.now() + longSeconds * 1_000;
    try {
      await run(() => performance.now() < end);
    } catch (cause) {
      throw new Error(`${id} failed; repeat it with FAULTS_SEED=${SEED}`, { cause });
    }
  });
}

/** What a run came to: a line of the report that `deno task faults` makes its table of. */
export interface Report {
  readonly id: string;
  readonly seed: number;
  /** `hits` counts the faults that met what they were meant to break. */
  readonly fields: Readonly<Record<string, number | string>>;
}

/** Says what a run did: the faults that hit, and what the checker counted. */
export function report(id: string, fields: Report["fields"]): void {
  const text = Object.entries(fields).map(([name, value]) => `${name} ${value}`).join(", ");
  // A quiet test run shows nothing of its tests, so `deno task faults` reads them from a file.
  const path = Deno.env.get("FAULTS_REPORT");
  const line: Report = { id, seed: SEED, fields };
  if (path) Deno.writeTextFileSync(path, `${JSON.stringify(line)}\n`, { append: true });
  else console.log(`${id}: seed ${SEED}, ${text}`);
}
