/** `deno task faults --long`: the counts of the fault plan, where they fit into minutes. */
export const LONG = Deno.env.get("FAULTS_LONG") === "1";

export function counts<T>(short: T, long: T): T {
  return LONG ? long : short;
}

/** Names the run, so that it can be repeated. */
export const SEED = Number(
  Deno.env.get("FAULTS_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0],
);

/** A test of the fault plan; a failure names the seed. */
export function fault(id: string, promise: string, run: () => Promise<void>): void {
  Deno.test(`${id} ${promise}`, async () => {
    try {
      await run();
    } catch (cause) {
      throw new Error(`${id} failed; repeat it with FAULTS_SEED=${SEED}`, { cause });
    }
  });
}

/** What a run did: the seed, the faults that hit, and what the checker counted. */
export function report(id: string, fields: Readonly<Record<string, number | string>>): void {
  const text = Object.entries(fields).map(([name, value]) => `${name} ${value}`).join(", ");
  const line = `${id}: seed ${SEED}, ${text}\n`;
  // A quiet test run shows nothing of its tests, so the lines go where `deno task faults` reads them.
  const path = Deno.env.get("FAULTS_REPORT");
  if (path) Deno.writeTextFileSync(path, line, { append: true });
  else console.log(line.trim());
}
