/**
 * Deletes every mapping line of the drivers in turn, and exchanges it with the next one: the fixtures
 * must notice.
 *
 *   deno task mutate [--only slug]
 *
 * Prints the changes that nothing noticed; exit status 1 where fewer than 95 in 100 were.
 */
import { parseArgs } from "node:util";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import type { Law } from "../tests/conformance/law.ts";
import { MEANING_LAWS } from "../tests/conformance/meaning_laws.ts";
import { SHAPE_LAWS } from "../tests/conformance/shape_laws.ts";
import { WEBHOOK_LAWS } from "../tests/conformance/webhook_laws.ts";
import { type Mutation, mutationsOf } from "./mutate/lines.ts";
import { filesOf, loadMutant, read } from "./mutate/mutant.ts";

const FLOOR = 0.95;
/**
 * Those that speak of meaning and need no server; what the registry holds of a driver is not the mutant,
 * and changing each number of each fixture again would take a second for every change.
 */
const LAWS: readonly Law[] = [...MEANING_LAWS, ...WEBHOOK_LAWS, ...SHAPE_LAWS]
  .filter(({ name }) => !/^the (slug|registry|file) |absent number|zero is a value/.test(name));

interface Tally {
  noticed: number;
  /** No program any more: nobody could commit it, so it counts for nothing. */
  broken: number;
  readonly survivors: string[];
}

async function isNoticed(driver: ProviderDriver): Promise<boolean> {
  for (const law of LAWS) {
    try {
      if (!law.appliesTo || law.appliesTo(driver)) await law.check(driver);
    } catch {
      return true;
    }
  }
  return false;
}

/** A file that several drivers share is guarded by the fixtures of each. */
async function judge(
  slugs: readonly string[],
  file: string,
  { source }: Mutation,
  folder: string,
): Promise<"noticed" | "survived" | "broken"> {
  for (const slug of slugs) {
    let driver: ProviderDriver;
    try {
      driver = await loadMutant(slug, file, source, `${folder}/${slug}`);
    } catch (error) {
      // A table that is checked as it loads has noticed by itself.
      return error instanceof SyntaxError ? "broken" : "noticed";
    }
    if (await isNoticed(driver)) return "noticed";
  }
  return "survived";
}

async function mutate(only: string | undefined, folder: string): Promise<boolean> {
  const done = new Set<string>();
  const all = PROVIDERS.map(({ slug }) => ({ slug, files: filesOf(slug) }));
  let isGood = true;
  for (const { slug, files } of all) {
    if (only !== undefined && slug !== only) continue;
    const tally: Tally = { noticed: 0, broken: 0, survivors: [] };
    for (const file of files.filter((one) => !done.has(one))) {
      done.add(file);
      const users = all.filter((one) => one.files.includes(file)).map((one) => one.slug);
      const own = [slug, ...users.filter((one) => one !== slug)];
      for (const [i, mutation] of mutationsOf(read(file)).entries()) {
        const verdict = await judge(own, file, mutation, `${folder}/${slug}-${file}-${i}`);
        if (verdict !== "survived") tally[verdict]++;
        else tally.survivors.push(`${file}:${mutation.line} ${mutation.kind} ${mutation.was}`);
      }
    }
    isGood = report(slug, tally) && isGood;
  }
  return isGood;
}

function report(slug: string, { noticed, broken, survivors }: Tally): boolean {
  const total = noticed + survivors.length;
  const share = total === 0 ? 1 : noticed / total;
  const percent = (100 * share).toFixed(1);
  console.log(`${slug}: ${noticed} of ${total} noticed (${percent} %), ${broken} no program`);
  for (const survivor of survivors) console.log(`  survived ${survivor}`);
  return share >= FLOOR;
}

if (import.meta.main) {
  const { values } = parseArgs({ args: Deno.args, options: { only: { type: "string" } } });
  const { only } = values;
  if (only !== undefined && !PROVIDERS.some(({ slug }) => slug === only)) {
    console.error(`Cannot mutate ${only}: no such driver`);
    Deno.exit(2);
  }
  const folder = await Deno.makeTempDir();
  try {
    Deno.exitCode = await mutate(only, folder) ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
