import { DAY } from "@shared/core/time.ts";
import { Hono } from "hono";
import { serve } from "../serve.ts";
import type { Clock } from "./clock.ts";
import { type Control, controlRoutes, createControl, type RequestRecord } from "./control.ts";
import { createCourier } from "./deliver.ts";
import { createDexcom, type DexcomRegion } from "./dexcom/app.ts";
import { createFaults, CUT } from "./faults.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import type { Issuer } from "./oauth.ts";
import { PRETEND_PROVIDERS, type PretendProvider, type PretendProviderName } from "./provider.ts";
import { createOura, rateHeaders } from "./oura/app.ts";
import { createPublisher } from "./publish.ts";
import { openStore } from "./store.ts";
import { createTerra } from "./terra/app.ts";
import type { SandboxClient, World } from "./world.ts";

export interface SandboxOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly hostname: "127.0.0.1";
  readonly clock?: Clock;
  /** Another seed is another set of people's data. */
  readonly seed?: string;
  /** The ledger's journal; beside it, with `.state` appended, tokens and links survive a restart. */
  readonly ledgerPath?: string;
  /** How many days of data everyone has at the first start. */
  readonly historyDays?: number;
  /** Records a page. */
  readonly pageSize?: number;
  /** First pause before a webhook is tried again. */
  readonly retrySeconds?: number;
  /** How often to tell of what time brings; never without it. */
  readonly announceSeconds?: number;
  readonly clients: {
    readonly oura?: SandboxClient;
    readonly terra?: SandboxClient;
    readonly dexcom?: SandboxClient;
  } & { readonly [Name in PretendProviderName]?: SandboxClient };
}

export interface Sandbox {
  readonly url: string;
  /** Real origin to its stand-in, as `PROVIDER_ORIGINS` wants it. */
  readonly origins: Readonly<Record<string, string>>;
  readonly control: Control;
  readonly ledger: Ledger;
  stop(): Promise<void>;
}

const DEXCOM_ORIGINS = {
  us: "https://api.dexcom.com",
  eu: "https://api.dexcom.eu",
  jp: "https://api.dexcom.jp",
  sandbox: "https://sandbox-api.dexcom.com",
} as const satisfies Record<DexcomRegion, string>;

const ORIGINS: readonly (readonly [origin: string, prefix: string])[] = [
  ["https://cloud.ouraring.com", "oura"],
  ["https://api.ouraring.com", "oura"],
  ["https://access.tryterra.co", "terra"],
  ["https://api.tryterra.co", "terra"],
  ["https://widget.tryterra.co", "terra"],
  [DEXCOM_ORIGINS.us, "dexcom-us"],
  [DEXCOM_ORIGINS.eu, "dexcom-eu"],
  [DEXCOM_ORIGINS.jp, "dexcom-jp"],
  [DEXCOM_ORIGINS.sandbox, "dexcom-sandbox"],
];

/** How long the end waits for answers under way: a client that never reads its own must not hold it up. */
const DRAIN_MS = 5_000;

/** Calls remembered for `control.requests()`; older ones are forgotten. */
const KEPT_REQUESTS = 5_000;

/** Starts every pretend provider in one server. Rejects where the port is taken. */
export function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const machine = options.clock ?? (() => new Date());
  const history = (options.historyDays ?? 14) * DAY;
  const store = openStore({
    historyStart: new Date(machine().getTime() - history).toISOString(),
    clockOffsetMs: 0,
    serial: 0,
    grants: [],
    subscriptions: [],
    connections: [],
    published: [],
  }, options.ledgerPath && `${options.ledgerPath}.state`);
  const courier = createCourier(options.retrySeconds ?? 2);
  const world: World = {
    clock: () => new Date(machine().getTime() + store.state.clockOffsetMs),
    seed: options.seed ?? "raphael",
    store,
    ledger: openLedger(options.ledgerPath),
    courier,
    pageSize: options.pageSize ?? 10,
  };
  const closing = new AbortController();
  const others: PretendProvider[] = [];
  const faults = createFaults((provider) => {
    const now = Math.floor(world.clock().getTime() / 1_000);
    return provider === "oura"
      ? rateHeaders({ limit: 5_000, windowSeconds: 300, resetAt: now + 60 })
      : others.find(({ name }) => name === provider)?.limitHeaders() ?? {};
  }, closing.signal);
  const requests: RequestRecord[] = [];
  const issuers = new Map<string, Issuer>();
  const app = new Hono<{ Bindings: { readonly peer: string } }>();

  function mount(provider: string, routes: Hono): void {
    app.use(`/${provider}/*`, async (c, next) => {
      await next();
      const url = new URL(c.req.url);
      requests.push({
        at: world.clock().toISOString(),
        provider,
        method: c.req.method,
        path: url.pathname.slice(provider.length + 1),
        parameters: [...url.searchParams.keys()],
        authorization: schemeOf(c.req.header("authorization")),
        status: c.res.status,
      });
      if (requests.length > KEPT_REQUESTS) requests.shift();
    });
    app.use(`/${provider}/*`, faults.middleware(provider, `/${provider}`));
    app.route(`/${provider}`, routes);
  }

  const { clients } = options;
  if (clients.oura) {
    const oura = createOura(world, clients.oura);
    issuers.set("oura", oura.issuer);
    mount("oura", oura.app);
  }
  const terra = clients.terra && createTerra(world, clients.terra);
  if (terra) mount("terra", terra.app);
  if (clients.dexcom) {
    for (const region of ["us", "eu", "jp", "sandbox"] as const) {
      const dexcom = createDexcom(world, clients.dexcom, region);
      issuers.set(`dexcom-${region}`, dexcom.issuer);
      mount(`dexcom-${region}`, dexcom.app);
    }
  }
  for (const [name, create] of Object.entries(PRETEND_PROVIDERS)) {
    // SAFETY: `name` is a key of that table.
    const client = clients[name as PretendProviderName];
    if (!client) continue;
    const provider = create(world, client);
    others.push(provider);
    if (provider.issuer) issuers.set(name, provider.issuer);
    mount(name, provider.app);
  }
  const publisher = createPublisher(world, clients.oura, terra?.hooks, others);
  const control = createControl({
    world,
    issuers,
    faults,
    publisher,
    courier,
    terra: terra?.hooks,
    others,
    requests,
  });
  app.use("/_control/*", async (c, next) => {
    const host = new URL(c.req.url).hostname;
    // The name too: a page in a browser could send its own name to this address.
    const local = c.env.peer === "127.0.0.1" && (host === "127.0.0.1" || host === "localhost");
    if (!local) return c.json({ error: "Only this machine may control the sandbox" }, 403);
    await next();
    return undefined;
  });
  app.route("/_control", controlRoutes(control, world));

  const server = serve(
    (request, info) => app.fetch(request, { peer: info.remoteAddr.hostname }),
    { port: options.port, hostname: options.hostname, onError: failed, drainMs: DRAIN_MS },
  );
  const { url } = server;
  const timer = options.announceSeconds
    ? setInterval(() => control.announce(), options.announceSeconds * 1_000)
    : undefined;
  return Promise.resolve({
    url,
    origins: Object.fromEntries(
      [...ORIGINS, ...others.flatMap(({ name, origins }) => origins.map((one) => [one, name]))]
        .map(([origin, prefix]) => [origin, `${url}/${prefix}`]),
    ),
    control,
    ledger: world.ledger,
    async stop() {
      clearInterval(timer);
      courier.stop();
      closing.abort();
      await courier.settled();
      await server.stop();
    },
  });
}

function failed(error: unknown): Response {
  // What a fault tears down on purpose is no news.
  if (error instanceof Error && error.message === CUT) return new Response(null, { status: 500 });
  console.error("sandbox:", error);
  return Response.json({ error: "sandbox failed" }, { status: 500 });
}

function schemeOf(header: string | undefined): RequestRecord["authorization"] {
  if (!header) return "none";
  return /^basic /i.test(header) ? "basic" : "bearer";
}
