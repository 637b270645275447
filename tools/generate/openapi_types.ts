import { npx } from "../npx.ts";
import { openapiDocument } from "./openapi.ts";
import type { Output } from "./output.ts";

const GENERATOR = "openapi-typescript@7.13.0";

/** The document's types, for an app that is written in TypeScript. */
export async function openapiTypes(): Promise<Output> {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(file, JSON.stringify(openapiDocument()));
    const { code, stdout, output } = await npx(GENERATOR, [file]);
    if (code !== 0) throw new Error(`Cannot make the API's types: ${output}`);
    return {
      path: "docs/openapi.d.ts",
      text:
        `// Generated from docs/openapi.json by \`deno task generate\`: change shared/api/operations/.\n${stdout}`,
    };
  } finally {
    await Deno.remove(file);
  }
}
