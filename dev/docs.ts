/** The API's description as a page to try it on: what `docs/` holds, beside what only this machine has. */
import { SECURITY_HEADERS } from "@shared/http/security_headers.ts";

export interface DocsOptions {
  readonly anonKey: string;
  /** Whom the page proposes to sign in as. */
  readonly email: string;
}

const FILES: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "swagger-ui/swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
};
/** The page itself says what it may load, but not who may frame it. */
const HEADERS = { ...SECURITY_HEADERS, "content-security-policy": "frame-ancestors 'none'" };

export type Docs = (request: Request) => Promise<Response>;

/** Answers everything below `/docs`. */
export function createDocs({ anonKey, email }: DocsOptions): Docs {
  return async (request) => {
    const url = new URL(request.url);
    // The document is the function's own, so that what is shown is what runs.
    if (url.pathname === "/docs/openapi.json") {
      return redirect(url, "/functions/v1/metrics/openapi.json");
    }
    if (url.pathname === "/docs/api/local.json") {
      return Response.json({ anonKey, email }, { headers: HEADERS });
    }
    if (!url.pathname.startsWith("/docs/api/")) return redirect(url, "/docs/api/");
    const name = url.pathname.slice("/docs/api/".length) || "index.html";
    const type = FILES[name];
    if (!type) return new Response(null, { status: 404, headers: HEADERS });
    const file = await Deno.readFile(new URL(`../docs/api/${name}`, import.meta.url));
    return new Response(file, { headers: { ...HEADERS, "content-type": type } });
  };
}

function redirect(from: URL, path: string): Response {
  return new Response(null, { status: 302, headers: { location: new URL(path, from).href } });
}
