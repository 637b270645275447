/** The real functions before the sandbox, for one signed-in person who links what stands behind them. */
import { createRuntime } from "@shared/runtime.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../dev/sandbox/server.ts";
import { answerConsent } from "../../dev/sandbox/visitor.ts";
import { createApp as connect } from "../../functions/connect/app.ts";
import { createApp as oauthCallback } from "../../functions/oauth-callback/app.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { GOOD } from "../support/environment.ts";
import { addPerson } from "../support/people.ts";
import { httpRuntime, post } from "./http_runtime.ts";

export interface LinkedWorld {
  readonly database: TestDatabase;
  readonly sandbox: Sandbox;
  readonly runtime: ReturnType<typeof createRuntime>;
  // deno-lint-ignore no-explicit-any -- what a test reads of it, the test asserts
  call(path: string, body?: unknown): Promise<{ readonly status: number; readonly body: any }>;
  /** Where the app is led after a provider's page led back to `url`. */
  callback(url: URL): Promise<URL>;
  /** Links the demo person through `service`: what the provider's page led back to, and the answer. */
  // deno-lint-ignore no-explicit-any -- as above
  link(slug: string, service: string): Promise<{ readonly back: URL; readonly data: any }>;
}

export async function withLinks(
  clients: SandboxOptions["clients"],
  settings: Readonly<Record<string, string>>,
  use: (world: LinkedWorld) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox({ port: 0, hostname: "127.0.0.1", historyDays: 3, clients });
  try {
    await withDatabase(async (database) => {
      const runtime = createRuntime({
        ...GOOD,
        RAPHAEL_DATABASE_URL: database.appUrl,
        PROVIDER_ORIGINS: Object.entries(sandbox.origins).map((pair) => pair.join("=")).join(","),
        ...settings,
      }, { log: () => {} });
      const userId = await addPerson(database.admin);
      const base = httpRuntime();
      const app = connect({
        ...base,
        authenticate: async (request) => ({ ...await base.authenticate(request), userId }),
        connect: runtime.connect,
      });
      const callbacks = oauthCallback(runtime);
      const call: LinkedWorld["call"] = async (path, body) => {
        const response = await app.request(`/connect${path}`, post(body));
        return { status: response.status, body: await response.json() };
      };
      const callback = async (url: URL) => {
        const path = url.pathname.replace("/functions/v1", "");
        const response = await callbacks.request(`${path}${url.search}`);
        return new URL(response.headers.get("location") ?? "about:blank");
      };
      try {
        await use({
          database,
          sandbox,
          runtime,
          call,
          callback,
          async link(slug, service) {
            const { body: { url } } = await call(`/${slug}`, { service });
            const back = await answerConsent(url, { person: "demo" });
            const ticket = (await callback(back)).searchParams.get("connect_ticket");
            const { body: { data } } = await call("/complete", { ticket });
            return { back, data };
          },
        });
      } finally {
        await runtime.close();
      }
    });
  } finally {
    await sandbox.stop();
  }
}
