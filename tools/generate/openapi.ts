import { OPERATIONS } from "@shared/api/operations/mod.ts";
import { TAGS } from "@shared/api/operations/operation.ts";
import { HEADERS, PARAMETERS, responses, SECURITY } from "./openapi/components.ts";
import { operationObject } from "./openapi/path_item.ts";
import { createSchemas, type Node } from "./openapi/schemas.ts";
import type { Output } from "./output.ts";

const DESCRIPTION = `Connects a person's wearables and health services to an app's own Supabase \
project.

Errors are problems by RFC 9457: decide by \`type\`. Every answer has \`x-request-id\`, and those to a \
person \`ratelimit-limit\`, \`ratelimit-remaining\` and \`ratelimit-reset\` (seconds). Every function \
answers \`GET /<function>/health\`.

The operations under "aliases" are other \
addresses of those above: for the app's older pages, and for \`functions.invoke\`, which posts. Bodies are \
JSON and may hold nothing that is not listed; answers may gain members.`;

/** The API's description, OpenAPI 3.1. */
export function openapiDocument(): Node {
  const schemas = createSchemas();
  const paths = new Map<string, Record<string, Node>>();
  for (const operation of OPERATIONS) {
    const item = paths.get(operation.path) ?? {};
    item[operation.method] = operationObject(operation, schemas);
    paths.set(operation.path, item);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Raphael Health Connect",
      version: "1.0.0",
      description: DESCRIPTION,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [
      { url: "/functions/v1", description: "Where this document is served" },
      {
        url: "https://{project}.supabase.co/functions/v1",
        description: "A Supabase project",
        variables: { project: { default: "project-ref", description: "The project's reference" } },
      },
    ],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: SECURITY,
      parameters: PARAMETERS,
      headers: HEADERS,
      responses: responses(schemas),
      schemas: schemas.components(),
    },
  };
}

/** The document to read, and as `GET /metrics/openapi.json` gives it: a function reads no files. */
export function openapi(): readonly Output[] {
  const document = openapiDocument();
  return [
    { path: "docs/openapi.json", text: `${JSON.stringify(document, null, 2)}\n` },
    {
      path: "shared/api/openapi_document.ts",
      text: `// Generated from shared/api/operations/ by \`deno task generate\`: change it there.
// deno-fmt-ignore: one text, in one line
export const OPENAPI_DOCUMENT = ${quoted(JSON.stringify(document))};
`,
    },
  ];
}

/** In single quotes, for JSON is full of the others. */
function quoted(json: string): string {
  return `'${json.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
