import { pathToFileURL } from "node:url";
import type { ProviderDriver } from "@shared/providers/driver.ts";

const PROVIDERS_DIR = new URL("../../shared/providers/", import.meta.url);

/** The engine, which every driver stands on: its own tests guard it. */
const ENGINE = new Set(
  "configured define directory driver errors gate keyset link mod names pages resource webhook"
    .split(" ")
    .map((name) => `${name}.ts`),
);

const IMPORT = /(from|import) "(\.\.?\/[^"]+)"/g;

/** The files that make a driver, its own first: what it imports beside it, engine and kit left out. */
export function filesOf(slug: string): readonly string[] {
  const files: string[] = [];
  const visit = (file: string) => {
    if (ENGINE.has(file) || files.includes(file)) return;
    files.push(file);
    for (const [, , path = ""] of read(file).matchAll(IMPORT)) {
      const name = path.slice("./".length);
      if (path.startsWith("./") && !name.includes("/")) visit(name);
    }
  };
  visit(`${slug}.ts`);
  return files;
}

export function read(file: string): string {
  return Deno.readTextFileSync(new URL(file, PROVIDERS_DIR));
}

/**
 * The driver `slug` with `file` replaced by `source`: its own files are copied into a folder of the
 * mutant's, and import everything else from where it is, so that only they are loaded again. Throws
 * where the change is no program.
 */
export async function loadMutant(
  slug: string,
  file: string,
  source: string,
  folder: string,
): Promise<ProviderDriver> {
  const files = filesOf(slug);
  Deno.mkdirSync(folder, { recursive: true });
  for (const one of files) {
    const text = one === file ? source : read(one);
    const moved = text.replaceAll(IMPORT, (whole, word, path) => {
      const name = path.slice("./".length);
      return path.startsWith("./") && files.includes(name)
        ? whole
        : `${word} "${new URL(path, PROVIDERS_DIR).href}"`;
    });
    Deno.writeTextFileSync(`${folder}/${one}`, moved);
  }
  const module = await import(pathToFileURL(`${folder}/${slug}.ts`).href);
  return module.default;
}
