/**
 * Holds the tree to its boundaries: who imports whom, what may not be written where, how long a file
 * may be. The rules are data, in `boundaries/rules.ts`.
 *
 *   deno run --allow-all tools/boundaries.ts
 */
import { fileURLToPath } from "node:url";
import { violations } from "./boundaries/check.ts";
import { readGraph } from "./boundaries/graph.ts";

if (import.meta.main) {
  const files = await readGraph(fileURLToPath(new URL("..", import.meta.url)));
  const found = violations(files);
  for (const line of found) console.error(line);
  const imports = files.reduce((sum, file) => sum + file.imports.length, 0);
  console.log(`${files.length} files, ${imports} imports, ${found.length} violations`);
  Deno.exitCode = found.length > 0 ? 1 : 0;
}
