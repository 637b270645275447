/**
 * Runs a child that cannot outlive us. A process killed with SIGKILL runs no handler, so its children
 * would be re-parented and keep their ports. Here a small shell holds our end of a pipe: when it
 * closes, by `stop()` or by any death of ours, the shell ends the program.
 */

/**
 * `$1` is the signal, `$2` the tenths of a second until it is SIGKILL. `cat` returns when nobody can
 * write to the pipe any more.
 */
const GUARD = `signal=$1; patience=$2; shift 2; exec 3<&0
"$@" </dev/null 3<&- & program=$!
{
  cat <&3
  kill -s "$signal" $program
  while [ $patience -gt 0 ] && kill -0 $program; do sleep 0.1; patience=$((patience - 1)); done
  kill -s KILL $program
} >/dev/null 2>&1 & watcher=$!
wait $program 2>/dev/null; status=$?
kill $watcher 2>/dev/null; exit $status`;

/**
 * A terminal's Ctrl-C goes to the whole process group; the order of ending is ours to choose. Deno
 * 2.1.4 has no such option and ignores it.
 */
const OWN_GROUP = { detached: true };

export interface GuardedOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What ends the program in an orderly way: `INT` is Postgres's fast shutdown. */
  readonly signal: "INT" | "TERM";
  /** How long it may take after that. */
  readonly patienceSeconds: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Each line that the program writes to either stream. */
  readonly onLine: (line: string) => void;
}

export interface Guarded {
  /** The exit status; resolves when the program has ended and its last line was given out. */
  readonly ended: Promise<number>;
  /** Ends the program and waits; safe to repeat. */
  stop(): Promise<void>;
}

/** Starts `command`. Throws what `Deno.Command` throws: `NotFound` or `PermissionDenied`. */
export function guarded(options: GuardedOptions): Guarded {
  const { command, args, env, cwd, uid, gid, onLine } = options;
  const patience = String(Math.round(options.patienceSeconds * 10));
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", GUARD, "guard", options.signal, patience, command, ...args],
    clearEnv: true,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    ...OWN_GROUP,
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  }).spawn();

  let closing: Promise<void> | undefined;
  const close = () => closing ??= child.stdin.close().catch(() => {});
  const output = Promise.all([eachLine(child.stdout, onLine), eachLine(child.stderr, onLine)]);
  const ended = child.status.then(async ({ code }) => {
    await close(); // or the watcher's `cat` would wait for ever
    await output;
    return code;
  });
  return {
    ended,
    async stop() {
      await close();
      await ended;
    },
  };
}

/** Calls `onLine` for every non-empty line of a UTF-8 stream. */
export async function eachLine(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim()) onLine(line);
  }
  if (rest.trim()) onLine(rest);
}
