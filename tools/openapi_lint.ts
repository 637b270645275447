/**
 * Holds docs/openapi.json to the recommended rules of Redocly, whose warnings count as errors. What is
 * excepted stands in `openapi_lint/.redocly.lint-ignore.yaml`.
 *
 *   deno run -A tools/openapi_lint.ts
 */
import { npx } from "./npx.ts";

const REDOCLY = "@redocly/cli@2.77.0";

const { code, output } = await npx(
  REDOCLY,
  ["lint", "--config=tools/openapi_lint/redocly.yaml", "docs/openapi.json"],
  { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
);
console.log(output);
Deno.exit(code);
