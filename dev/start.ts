/** `deno task start`: the whole product on one machine. See `--help`. */
import { StackFailure } from "./failure.ts";
import { HELP, type Options, parseOptions } from "./options.ts";
import { createProgress, type Progress } from "./progress.ts";
import { runStack, type Stack } from "./stack.ts";

async function main(): Promise<number> {
  const options = parseOptions(Deno.args, { DATABASE_URL: Deno.env.get("DATABASE_URL") });
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  // Standard output is the JSON line's alone.
  const progress = createProgress(options.json ? console.error : console.log);
  const run = runStack(options, progress);
  const interrupted = onSignal();
  try {
    return await Promise.race([
      interrupted,
      run.died.then((reason) => {
        throw new StackFailure(`Cannot go on: ${reason}`);
      }),
      run.stack.then((stack) => use(stack, options, progress)),
    ]);
  } finally {
    await run.stop();
    progress.log("ended");
  }
}

/** Runs the journey or waits for ever. */
async function use(stack: Stack, options: Options, progress: Progress): Promise<number> {
  const { url, anonKey, demo, databaseUrl, sandbox } = stack;
  progress.log(`ready: ${url}, sandbox ${sandbox.url}, Postgres ${withoutPassword(databaseUrl)}`);
  if (options.json) {
    const { email, password } = demo;
    const sandboxUrl = sandbox.url;
    console.log(
      JSON.stringify({ url, anonKey, demo: { email, password }, databaseUrl, sandboxUrl }),
    );
  } else if (!options.once) {
    progress.log(`try the API: ${url}/docs/api/`);
    progress.log(`sign in as ${demo.email}, password ${demo.password}; Ctrl-C ends everything`);
  }
  if (!options.once) return await new Promise<number>(() => {});
  const { runJourney } = await import("./journey.ts");
  return await runJourney(stack, progress) ? 0 : 1;
}

/** The status a shell gives a process that a signal ended. */
function onSignal(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const signals = [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const;
  for (const [name, status] of signals) Deno.addSignalListener(name, () => resolve(status));
  return promise;
}

function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.password = "";
  return url.href;
}

try {
  Deno.exit(await main());
} catch (error) {
  if (!(error instanceof StackFailure)) throw error;
  console.error(error.message);
  Deno.exit(1);
}
