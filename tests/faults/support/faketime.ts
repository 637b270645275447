import { join } from "node:path";

const LIBRARY = `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketime.so.1`;

/** What is missing where a process cannot be given a clock of its own. */
export const noFakeClock: string | undefined = exists(LIBRARY)
  ? undefined
  : "Debian's package libfaketime is not installed";

/** The clock of the processes that are started with `env`; monotonic time stays as it is. */
export interface FakeClock {
  readonly env: Readonly<Record<string, string>>;
  /** Steps it, at once and for all of them, to so many seconds ahead of the real one. */
  set(seconds: number): void;
  remove(): void;
}

export function fakeClock(seconds: number): FakeClock {
  const folder = Deno.makeTempDirSync({ prefix: "clock-" });
  Deno.chmodSync(folder, 0o755); // Postgres runs as another user
  const path = join(folder, "offset");
  const set = (offset: number) => {
    // Renamed into place: a reader never finds half of it.
    Deno.writeTextFileSync(`${path}.new`, `${offset < 0 ? "" : "+"}${offset}s\n`, { mode: 0o644 });
    Deno.renameSync(`${path}.new`, path);
  };
  set(seconds);
  return {
    env: {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    },
    set,
    remove: () => Deno.removeSync(folder, { recursive: true }),
  };
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
