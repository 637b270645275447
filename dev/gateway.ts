/**
 * One public address for everything, as a Supabase project has: functions below `/functions/v1`,
 * sign-in below `/auth/v1`. Paths, headers and CORS are treated as the platform does, so what works
 * here needs no change there. `/docs` is ours alone.
 */
import { type LocalServer, serve } from "./serve.ts";

export interface GatewayOptions {
  readonly port: number;
  /** Where each function listens; asked at each request. */
  readonly functionUrl: (slug: string) => string | undefined;
  readonly auth: (request: Request) => Response | Promise<Response>;
  readonly docs?: (request: Request) => Response | Promise<Response>;
}

export type Gateway = Pick<LocalServer, "stop">;

/** Headers of one connection only (RFC 9110 7.6.1), and `host`, which names us. */
const HOP_BY_HOP = [
  "connection",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

export function startGateway(options: GatewayOptions): Gateway {
  return serve(
    (request, { remoteAddr }) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith("/functions/v1/")) {
        return toFunction(request, remoteAddr.hostname, options.functionUrl);
      }
      if (pathname.startsWith("/auth/v1/")) return options.auth(request);
      if (pathname === "/app") return appPage();
      if (/^\/docs(\/|$)/.test(pathname) && options.docs) return options.docs(request);
      return Response.json({ message: "no Route matched with those values" }, { status: 404 });
    },
    { port: options.port, onError: brokenFunction },
  );
}

/** The function sees `/<slug>/…`, the body as it streams in, and answers CORS itself. */
async function toFunction(
  request: Request,
  client: string,
  functionUrl: GatewayOptions["functionUrl"],
): Promise<Response> {
  const url = new URL(request.url);
  const path = url.pathname.slice("/functions/v1".length);
  const target = functionUrl(path.split("/")[1] ?? "");
  if (target === undefined) {
    return Response.json(
      { code: "NOT_FOUND", message: "Requested function was not found" },
      { status: 404 },
    );
  }
  const headers = new Headers(request.headers);
  for (const name of HOP_BY_HOP) headers.delete(name);
  const forwarded = request.headers.get("x-forwarded-for");
  headers.set("x-forwarded-for", forwarded ? `${forwarded}, ${client}` : client);
  headers.set("x-forwarded-host", url.host);
  headers.set("x-forwarded-proto", "http");
  headers.set("accept-encoding", "identity"); // fetch would unpack what the header still calls packed
  return await fetch(target + path + url.search, {
    method: request.method,
    headers,
    body: request.body,
    redirect: "manual",
  });
}

function brokenFunction(): Response {
  return Response.json(
    { code: "BOOT_ERROR", message: "Function failed to start (please check logs)" },
    { status: 503 },
  );
}

/** Stands for the app that a person comes back to after linking. */
function appPage(): Response {
  return new Response("Back in the app: it now calls connect/complete with connect_ticket.\n", {
    headers: { "content-type": "text/plain; charset=utf-8", "referrer-policy": "no-referrer" },
  });
}
