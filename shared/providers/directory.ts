import type { ConfiguredProvider, ProviderDirectory } from "./configured.ts";
import type { ProviderDriver } from "./driver.ts";
import { admit, gatedFetch, type ProviderGate } from "./gate.ts";
import { publishedKeys } from "./keyset.ts";
import { publicOnly, type Resolve } from "./kit/site.ts";
import { PROVIDERS } from "./mod.ts";

type Settings = Pick<ConfiguredProvider, "client" | "webhook" | "scopes"> & {
  readonly region?: string;
  readonly apiBase?: string;
};

/**
 * The drivers that have credentials. `origins` sends requests for a provider's origin elsewhere (a
 * sandbox); it is empty in production. Drivers know of neither this nor the chosen API base.
 */
export function directory(
  settings: ReadonlyMap<string, Settings>,
  outside: {
    readonly origins: ReadonlyMap<string, string>;
    readonly now: () => Date;
    readonly gate: ProviderGate;
    /** Where a person's own server is; without it none is gone to. */
    readonly resolve?: Resolve;
  },
): ProviderDirectory {
  const { origins, now, gate, resolve = () => Promise.resolve([]) } = outside;
  const relocate = (url: URL): URL => {
    const base = origins.get(url.origin);
    return base === undefined ? url : new URL(`${base}${url.pathname}${url.search}`);
  };
  const fetchPublic = publicOnly(fetch, resolve);
  const fetchFor =
    ({ apiBases = [], hosts }: ProviderDriver, chosen = apiBases[0]): typeof fetch =>
    (input, init) => {
      const request = new Request(input, init);
      const { href } = new URL(request.url);
      const [written] = apiBases;
      const isApi = written !== undefined && href.startsWith(`${written}/`);
      const there = relocate(new URL(isApi ? `${chosen}${href.slice(written.length)}` : href));
      if (there.href !== href) return fetch(new Request(there, request));
      // A driver without hosts goes where people say that theirs are.
      return hosts.length === 0 ? fetchPublic(request) : fetch(request);
    };
  const providers = new Map(
    PROVIDERS.flatMap((driver): [string, ConfiguredProvider][] => {
      const own = settings.get(driver.slug);
      if (!own) return [];
      const { region = Object.keys(driver.regions ?? {})[0] ?? "", apiBase, ...rest } = own;
      const send = fetchFor(driver, apiBase);
      const keysAt = driver.webhook?.keyset;
      const keyset = keysAt === undefined
        ? {}
        : { keyset: publishedKeys(driver, keysAt, { client: own.client, fetch: send, now }) };
      return [[driver.slug, {
        ...rest,
        ...(rest.webhook
          ? { webhook: { ...rest.webhook, clientId: own.client.id, ...keyset } }
          : {}),
        driver,
        region,
        context: (signal, call = {}) => ({
          client: own.client,
          fetch: gatedFetch(send, gate, driver, { call, now }),
          now,
          signal,
        }),
        admit: (urgency) => admit(gate, driver, urgency),
        release: (pass) => gate.leave(driver.slug, pass, { kind: "unused" }),
        browserUrl: relocate,
      }]];
    }),
  );
  return { get: (slug) => providers.get(slug), all: () => [...providers.values()] };
}
