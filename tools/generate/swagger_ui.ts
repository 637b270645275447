import { readFileSync } from "node:fs";
import { join } from "node:path";
import folderOfPackage from "swagger-ui-dist/absolute-path.js";
import type { Output } from "./output.ts";

/** The package's parts that docs/api/index.html loads, and what its licence wants beside them. */
const FILES = ["swagger-ui.css", "swagger-ui-bundle.js", "LICENSE", "NOTICE"];

/** Swagger UI as npm has it, so that the page needs nobody else's server. */
export function swaggerUi(): readonly Output[] {
  const folder = folderOfPackage();
  return FILES.map((name) => ({
    path: `docs/api/swagger-ui/${name}`,
    text: readFileSync(join(folder, name), "utf8"),
  }));
}
