/**
 * Each function as the platform runs it: its own process, its own `index.ts`, started again when it
 * dies. It may do what this file lists and nothing more, so a new need shows here first.
 */
import { join } from "node:path";
import { failure } from "./failure.ts";
import { type Guarded, guarded } from "./guard.ts";
import { freePort } from "./ports.ts";

/** Functions that speak to providers, `webhooks` for the keys they publish; the others reach Postgres alone. */
const CALLS_PROVIDERS = new Set(["connect", "oauth-callback", "sync-worker", "webhooks"]);
const READY_TIMEOUT = 30_000;
const BACKOFF = { first: 100, most: 5_000, resetAfter: 10_000 };
/** Deno's own needs; what a server reads of its own is listed where it is started. */
const PASSED_ON = ["DENO_DIR", "HOME", "PATH", "DENO_TLS_CA_STORE", "NODE_EXTRA_CA_CERTS"];

/** What a Deno of ours that is started with a bare environment needs of this one's. */
export function passedOn(): Readonly<Record<string, string>> {
  return Object.fromEntries(PASSED_ON.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

export interface FunctionSource {
  readonly slug: string;
  /** Relative to the root of the tree. */
  readonly entrypoint: string;
}

export interface FunctionsOptions {
  readonly sources: readonly FunctionSource[];
  readonly env: Readonly<Record<string, string>>;
  /** `host:port`s. */
  readonly database: string;
  readonly sandbox: string;
  /** Each line that a function writes. */
  readonly onLine: (slug: string, line: string) => void;
}

export interface Functions {
  url(slug: string): string | undefined;
  stop(): Promise<void>;
}

const ROOT = new URL("../", import.meta.url).pathname;

/** What `supabase/config.toml` deploys: the one list of functions. */
export async function functionSources(
  config = join(ROOT, "supabase/config.toml"),
): Promise<readonly FunctionSource[]> {
  const sources: FunctionSource[] = [];
  let slug: string | undefined;
  for (const line of (await Deno.readTextFile(config)).split("\n")) {
    const section = /^\[(.+)\]/.exec(line)?.[1];
    if (section !== undefined) slug = /^functions\.([\w-]+)$/.exec(section)?.[1];
    const entrypoint = /^entrypoint *= *"(.+)"/.exec(line)?.[1];
    if (slug && entrypoint) sources.push({ slug, entrypoint: join("supabase", entrypoint) });
  }
  return sources;
}

/** Fetches what the functions import: they themselves run with `--cached-only`. */
export async function cacheFunctions(sources: readonly FunctionSource[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--no-lock", "--quiet", ...sources.map(({ entrypoint }) => entrypoint)],
    cwd: ROOT,
    stdin: "null",
  }).output();
  if (success) return;
  // deno-lint-ignore no-control-regex -- terminal colours
  const text = new TextDecoder().decode(stderr).replaceAll(/\x1b\[[0-9;]*m/g, "");
  const reason = text.split("\n").find((line) => line.startsWith("error:")) ?? text.trim();
  throw failure(`Cannot fetch the functions' packages: ${reason.replace(/^error: /, "")}`);
}

/** Starts all and waits until each takes connections. Throws `StackFailure` with its last words. */
export async function startFunctions(options: FunctionsOptions): Promise<Functions> {
  const running = new Map<string, { readonly port: number; stop(): Promise<void> }>();
  const stop = async () => {
    await Promise.all([...running.values()].map((one) => one.stop()));
  };
  const starts = await Promise.allSettled(options.sources.map(async (source) => {
    const port = freePort();
    const one = keepRunning(source, port, options);
    running.set(source.slug, { port, stop: one.stop });
    await one.ready;
  }));
  const failed = starts.find((start) => start.status === "rejected");
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return {
    url(slug) {
      const port = running.get(slug)?.port;
      return port === undefined ? undefined : `http://127.0.0.1:${port}`;
    },
    stop,
  };
}

function keepRunning(source: FunctionSource, port: number, options: FunctionsOptions) {
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  let process: Guarded | undefined;
  let stopping = false;
  let wake = () => {};

  async function loop(): Promise<void> {
    let isReady = false;
    for (let delay = BACKOFF.first; !stopping;) {
      const began = performance.now();
      let last = "no output";
      process = guarded(command(source, port, options, (line) => {
        last = line;
        options.onLine(source.slug, line);
      }));
      const up = awaitPort(port, process.ended);
      if (!isReady && !(await up)) {
        reject(failure(`Cannot start function ${source.slug}: ${last}`));
        await process.stop();
        return;
      }
      isReady = true;
      resolve();
      const code = await process.ended;
      if (stopping) return;
      if (performance.now() - began > BACKOFF.resetAfter) delay = BACKOFF.first;
      options.onLine(source.slug, `ended with status ${code}; starting again in ${delay} ms`);
      await new Promise<void>((done) => {
        const timer = setTimeout(done, delay);
        wake = () => (clearTimeout(timer), done());
      });
      delay = Math.min(2 * delay, BACKOFF.most);
    }
  }

  const ended = loop();
  return {
    ready,
    async stop() {
      stopping = true;
      wake();
      await process?.stop();
      await ended;
    },
  };
}

function command(
  { slug, entrypoint }: FunctionSource,
  port: number,
  { env, database, sandbox }: FunctionsOptions,
  onLine: (line: string) => void,
) {
  const net = [
    `127.0.0.1:${port}`,
    database,
    ...(CALLS_PROVIDERS.has(slug) ? [sandbox] : []),
  ];
  return {
    command: Deno.execPath(),
    args: [
      "serve",
      "--no-prompt",
      "--no-lock",
      "--cached-only",
      "--quiet",
      "--host=127.0.0.1",
      `--port=${port}`,
      `--allow-net=${net.join(",")}`,
      "--allow-env", // all of it: it holds nothing but what is built below
      entrypoint,
    ],
    env: { ...passedOn(), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...env },
    cwd: ROOT,
    signal: "TERM" as const,
    // Deno waits for open connections of the pool; a job that is cut off here has its lease.
    patienceSeconds: 0.5,
    onLine,
  };
}

/** Resolves to whether something answers on `port` before the process ends. */
async function awaitPort(port: number, ended: Promise<number>): Promise<boolean> {
  let alive = true;
  ended.then(() => alive = false);
  for (let waited = 0; alive && waited < READY_TIMEOUT; waited += 20) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return false;
}
