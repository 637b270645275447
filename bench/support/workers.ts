/** The measuring side: starts worker processes, lets them go at once, and counts what they tell. */
import { fileURLToPath } from "node:url";
import type { Message } from "./worker_protocol.ts";

/** Which runtime runs a worker. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export const DENO: Program = {
  command: Deno.execPath(),
  args: [
    "run",
    "--allow-all",
    "--no-lock",
    "--quiet",
  ],
};

export interface Worker {
  go(): void;
  /** Asks it to end and waits for it; ends it by force after 20 s. */
  stop(): Promise<void>;
  readonly ended: Promise<string>;
}

export interface WorkerOptions {
  readonly program: Program;
  /** Below bench/. */
  readonly script: string;
  readonly assignment: unknown;
  readonly onMessage: (message: Message) => void;
}

const BENCH = new URL("../", import.meta.url);
const READY_MS = 60_000;
const STOP_MS = 20_000;

/** Resolves when the worker is ready to go. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { program, script, assignment, onMessage } = options;
  const child = new Deno.Command(program.command, {
    args: [
      ...program.args,
      fileURLToPath(new URL(script, BENCH)),
      JSON.stringify(assignment),
    ],
    env: { ...program.env, NODE_NO_WARNINGS: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const errors: string[] = [];
  eachLine(child.stderr, (line) => errors.push(line));
  const { promise: ready, resolve: isReady, reject: failed } = Promise.withResolvers<void>();
  const late = setTimeout(
    () => failed(new Error(`Cannot start ${script}: not ready in 60 s`)),
    READY_MS,
  );
  eachLine(child.stdout, (line) => {
    if (!line.startsWith("{")) return;
    // SAFETY: written by worker_protocol.ts `tell`.
    const message = JSON.parse(line) as Message;
    if ("ready" in message) isReady();
    else onMessage(message);
  });
  const ended = child.status.then(({ code }) => {
    const reason = `${script} ended with ${code}: ${errors.slice(0, 8).join("\n")}`;
    failed(new Error(reason));
    return reason;
  });
  const write = (line: string) =>
    input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  try {
    await ready;
  } finally {
    clearTimeout(late);
  }
  return {
    go: () => void write("go"),
    ended,
    async stop() {
      await write("stop");
      await input.close().catch(() => {});
      const force = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await child.status;
      clearTimeout(force);
    },
  };
}

async function eachLine(stream: ReadableStream<Uint8Array>, use: (line: string) => void) {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") use(line);
  }
}
