/** Packages that are not this project's: loaded from the folder that `support/node.ts` fills. */
import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";

export async function load<T>(name: string): Promise<T> {
  const require = createRequire(process.env["BENCH_PACKAGES"] ?? import.meta.url);
  // SAFETY: the caller names what it uses of the package at its pinned version.
  return await import(pathToFileURL(require.resolve(name)).href) as T;
}
