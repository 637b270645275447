import {
  beginBody,
  completeBody,
  connectBody,
  presentBegun,
  presentDisconnect,
  presentLinked,
  presentProviders,
  presentSources,
  presentSync,
  providerOf,
  syncBody,
  typedOf,
} from "@shared/api/connect.ts";
import { readProviderId } from "@shared/api/provider_ids.ts";
import { createHttpApp, type HttpEnv, type HttpRuntime } from "@shared/http/app.ts";
import { readJson } from "@shared/http/input.ts";
import { requireSession, type SessionRuntime } from "@shared/http/session.ts";
import type { Context } from "hono";
import type { z } from "zod";
import type { ConnectPort } from "./port.ts";

export interface ConnectRuntime extends HttpRuntime, SessionRuntime {
  readonly connect: ConnectPort;
}

type C = Context<HttpEnv>;
type Begin = z.output<typeof beginBody>;

/** Linking: paths for people who write URLs, one body for `functions.invoke("connect", { body })`. */
export function createApp(runtime: ConnectRuntime) {
  const port = runtime.connect;
  const app = createHttpApp("connect", runtime, { browsers: ["GET", "POST", "DELETE"] });
  const signedIn = requireSession(runtime, { account: true });
  const userId = (c: C) => c.get("session").userId;
  const named = (c: C) => readProviderId(c.req.param("provider") ?? "");

  const begin = async (c: C, provider: string, { redirectTo, region, service, ...rest }: Begin) => {
    const typed = typedOf(rest);
    if (typed) {
      return c.json(presentLinked(await port.signIn({ userId: userId(c), provider, typed })));
    }
    const begun = await port.begin({
      userId: userId(c),
      provider,
      ...(redirectTo ? { returnTo: redirectTo } : {}),
      ...(region ? { region } : {}),
      ...(service ? { service } : {}),
    });
    return c.json(presentBegun(begun, new Date()));
  };
  const complete = async (c: C, ticket: string) =>
    c.json(presentLinked(await port.complete({ userId: userId(c), ticket })));
  const sources = async (c: C) => c.json(presentSources(await port.sources({ userId: userId(c) })));
  const providers = async (c: C) => c.json(presentProviders(await port.providers()));
  const sync = async (c: C, provider: string, days: number | undefined) => {
    const { jobs } = await port.sync({ userId: userId(c), provider, ...(days ? { days } : {}) });
    return c.json(presentSync(provider, days, jobs), 202);
  };
  const disconnect = async (c: C, provider: string) => {
    const { disconnected, revoked } = await port.disconnect({ userId: userId(c), provider });
    return c.json(presentDisconnect(disconnected, revoked));
  };

  app.post("/", signedIn, async (c) => {
    const body = await readJson(c, connectBody);
    switch (body.action) {
      case "list":
        return await sources(c);
      case "providers":
        return await providers(c);
      case "complete":
        return await complete(c, body.ticket);
      case "sync":
        return await sync(c, providerOf(body), body.days);
      case "disconnect":
        return await disconnect(c, providerOf(body));
      default:
        return await begin(c, providerOf(body), body);
    }
  });
  app.get("/", signedIn, sources);
  // Reads by POST too: it is what `functions.invoke` sends unless told otherwise.
  app.on(["GET", "POST"], ["/sources", "/me/sources"], signedIn, sources);
  app.on(["GET", "POST"], "/providers", signedIn, providers);
  app.post(
    "/complete",
    signedIn,
    async (c) => complete(c, (await readJson(c, completeBody)).ticket),
  );
  app.post(
    "/:provider/sync",
    signedIn,
    async (c) => sync(c, named(c), (await readJson(c, syncBody)).days),
  );
  app.on(
    "POST",
    ["/:provider/disconnect", "/me/disconnect/:provider"],
    signedIn,
    (c) => disconnect(c, named(c)),
  );
  app.delete("/:provider", signedIn, (c) => disconnect(c, named(c)));
  app.on(
    "POST",
    ["/:provider", "/me/connect/:provider"],
    signedIn,
    async (c) => begin(c, named(c), await readJson(c, beginBody)),
  );
  return app;
}
