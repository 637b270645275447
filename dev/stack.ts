/** Everything that runs, in the order in which each part needs the others. */
import { dirname, join } from "node:path";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { createAuth, ensureUser } from "./auth.ts";
import { createDocs } from "./docs.ts";
import { failure } from "./failure.ts";
import { functionEnv } from "./function_env.ts";
import { openFunctionLog } from "./function_log.ts";
import { cacheFunctions, functionSources, startFunctions } from "./functions.ts";
import { startGateway } from "./gateway.ts";
import { loadKeys, removeKeys } from "./keys.ts";
import { migrate } from "./migrate.ts";
import type { Options } from "./options.ts";
import { setAppPassword, setVaultSecrets } from "./platform.ts";
import { freePort, portTaken } from "./ports.ts";
import { removeCluster, startPostgres } from "./postgres.ts";
import type { Progress } from "./progress.ts";
import { startRelay } from "./relay.ts";
import { openSandbox } from "./open_sandbox.ts";
import type { Sandbox } from "./sandbox/server.ts";
import { startTicker } from "./ticker.ts";
import { createTokens } from "./tokens.ts";

export interface DemoUser {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

export interface Stack {
  readonly url: string;
  readonly anonKey: string;
  /** As the superuser: the stack's own use, and yours with psql. */
  readonly databaseUrl: string;
  readonly database: Database;
  readonly demo: DemoUser;
  /** Somebody else, who must never see the demo person's data. */
  readonly other: DemoUser;
  readonly sandbox: Sandbox;
  /** Where the functions' log and other reports lie. */
  readonly stateDir: string;
}

export interface StackRun {
  /** Resolves when all is up; throws `StackFailure` in one line. */
  readonly stack: Promise<Stack>;
  /** Resolves with a reason if something that cannot be started again ends. */
  readonly died: Promise<string>;
  /** Ends what was started so far, the last first. Safe to repeat, and at any time. */
  stop(): Promise<void>;
}

interface Ending {
  readonly name: string;
  readonly end: () => unknown;
}

type OnStop = (name: string, end: Ending["end"]) => void;

/** Milliseconds; whoever waits longer should know for what. */
const SLOW_END = 1_000;

export function runStack(options: Options, progress: Progress): StackRun {
  const { promise: died, resolve: onDeath } = Promise.withResolvers<string>();
  const started: Ending[] = [];
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    for (let one = started.pop(); one; one = started.pop()) {
      const began = performance.now();
      await one.end();
      const took = Math.round(performance.now() - began);
      if (took > SLOW_END) progress.log(`${one.name} took ${took} ms to end`);
    }
  };
  return {
    died,
    stack: start(options, progress, (name, end) => started.push({ name, end }), onDeath),
    stop: () => stopped ??= stop(),
  };
}

async function start(
  options: Options,
  progress: Progress,
  onStop: OnStop,
  onDeath: (reason: string) => void,
): Promise<Stack> {
  const { stateDir } = options;
  // The journey begins anew each time and leaves your own data alone.
  const cluster = options.once ? "once" : "main";
  const port = choosePort("gateway", "--port", options.port);
  const sandboxPort = choosePort("sandbox", "--sandbox-port", options.sandboxPort);
  const url = `http://127.0.0.1:${port}`;
  await Deno.mkdir(stateDir, { recursive: true, mode: 0o755 });
  if (options.fresh || options.once) await removeCluster(stateDir, cluster);
  if (options.fresh) await removeKeys(stateDir);
  const keys = await loadKeys(stateDir);
  const tokens = await createTokens(keys.signing, `${url}/auth/v1`);
  const sources = await functionSources();

  const caching = progress.step("function packages", () => cacheFunctions(sources));
  caching.catch(() => {}); // awaited below; Postgres may fail first
  const { databaseUrl, folder } = options.databaseUrl
    ? { databaseUrl: options.databaseUrl, folder: await folderFor(options.databaseUrl, stateDir) }
    : await progress.step("Postgres", async () => {
      const { log } = progress;
      const server = await startPostgres({ stateDir, cluster, port: options.dbPort, log });
      onStop("Postgres", () => server.stop());
      server.died.then(onDeath);
      return { databaseUrl: server.url, folder: dirname(server.dataDir) };
    });
  await progress.step("migrations", () => migrate(databaseUrl, progress));
  const database = connect({ url: new Secret(databaseUrl), max: 5, prepare: false });
  onStop("database connections", () => database.close());
  const [demo, other] = await progress.step("users and secrets", async () => {
    await setAppPassword(database, keys.appPassword);
    await setVaultSecrets(database, { project_url: url, worker_secret: keys.internalSecret });
    return [
      await demoUser(database, "demo@example.test", keys.demoPassword),
      await demoUser(database, "other@example.test", keys.otherPassword),
    ] as const;
  });
  const sandbox = await progress.step(
    "sandbox",
    () => openSandbox({ port: sandboxPort, gatewayUrl: url, keys, folder }),
  );
  onStop("sandbox", () => sandbox.stop());

  await caching;
  const log = await openFunctionLog(stateDir, progress.log);
  onStop("function log", () => log.close());
  const functions = await progress.step(
    `functions ${sources.map((f) => f.slug).join(" ")}`,
    () =>
      startFunctions({
        sources,
        env: functionEnv({
          gatewayUrl: url,
          databaseUrl: asApp(databaseUrl, keys.appPassword),
          jwks: tokens.jwks,
          origins: sandbox.origins,
          keys,
        }),
        database: hostAndPort(databaseUrl),
        sandbox: hostAndPort(sandbox.url),
        onLine: log.write,
      }),
  );
  onStop("functions", () => functions.stop());

  const auth = createAuth({ database, tokens });
  const gateway = startGateway({
    port,
    functionUrl: functions.url,
    auth: (request) => auth.fetch(request),
    docs: createDocs({ anonKey: tokens.anonKey, email: demo.email }),
  });
  onStop("gateway", () => gateway.stop());
  await startWorkers(databaseUrl, database, progress.log, onStop);
  return {
    url,
    anonKey: tokens.anonKey,
    databaseUrl,
    database,
    demo,
    other,
    sandbox,
    stateDir,
  };
}

/** The schedule and the sender of posts, each where Postgres has no extension of its own for it. */
async function startWorkers(
  databaseUrl: string,
  database: Database,
  log: (line: string) => void,
  onStop: OnStop,
): Promise<void> {
  const installed = new Set(
    (await database.query((sql) => sql`select extname from pg_extension`)).map((row) =>
      row["extname"]
    ),
  );
  if (!installed.has("pg_net")) {
    const relay = await startRelay(databaseUrl, database);
    onStop("relay", () => relay.stop());
  }
  if (!installed.has("pg_cron")) {
    const ticker = startTicker(database, log);
    onStop("ticker", () => ticker.stop());
  }
}

/** Where to keep what belongs to a database that is not in our folder. */
async function folderFor(databaseUrl: string, stateDir: string): Promise<string> {
  const { host, pathname } = new URL(databaseUrl);
  const folder = join(stateDir, `${host}${pathname}`.replaceAll(/[^\w.-]/g, "_"));
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

async function demoUser(database: Database, email: string, password: string): Promise<DemoUser> {
  return { id: await ensureUser(database, email, password), email, password };
}

function choosePort(name: string, option: string, port: number): number {
  if (port === 0) return freePort();
  if (portTaken(port)) {
    throw failure(`Cannot start the ${name}: port ${port} is taken; ${option} chooses another`);
  }
  return port;
}

function asApp(databaseUrl: string, password: string): string {
  const url = new URL(databaseUrl);
  url.username = "raphael_app";
  url.password = password;
  return url.href;
}

function hostAndPort(address: string): string {
  const url = new URL(address);
  return `${url.hostname}:${url.port || (url.protocol === "http:" ? 80 : 5432)}`;
}
