/**
 * Writes every file that is made from code.
 *
 *   deno task generate [--check]
 *
 * `--check` writes nothing: it names the files that differ from what the code says, and exits 1.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { catalogSql } from "./generate/catalog_sql.ts";
import { envExample } from "./generate/env_example.ts";
import { openapi } from "./generate/openapi.ts";
import { openapiTypes } from "./generate/openapi_types.ts";
import type { Output } from "./generate/output.ts";
import { problemsMd } from "./generate/problems_md.ts";
import { providersMd } from "./generate/providers_md.ts";
import { swaggerUi } from "./generate/swagger_ui.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The list of files that are made from code alone: a new one is one more line. */
export function outputs(): readonly Output[] {
  return [
    catalogSql(),
    envExample(PROVIDERS),
    problemsMd(),
    providersMd(PROVIDERS),
    ...openapi(),
  ];
}

/** And of those that packages of npm have a part in. */
async function packaged(): Promise<readonly Output[]> {
  return [await openapiTypes(), ...swaggerUi()];
}

/** Paths of the outputs that `read` does not give back as they should be. */
export function stale(
  files: readonly Output[],
  read: (path: string) => string | undefined,
): readonly string[] {
  return files.filter(({ path, text }) => read(path) !== text).map(({ path }) => path);
}

function readFromTree(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(join(ROOT, path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) {
  const files = [...outputs(), ...await packaged()];
  const paths = stale(files, readFromTree);
  if (Deno.args.includes("--check")) {
    for (const path of paths) console.error(`${path} is not what the code says`);
    if (paths.length > 0) console.error("run: deno task generate");
    Deno.exitCode = paths.length > 0 ? 1 : 0;
  } else {
    for (const { path, text } of files) {
      if (!paths.includes(path)) continue;
      Deno.mkdirSync(dirname(join(ROOT, path)), { recursive: true });
      Deno.writeTextFileSync(join(ROOT, path), text);
      console.log(`wrote ${path}`);
    }
  }
}
