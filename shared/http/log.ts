export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fields are names, counts, states and ids of ours; never a token, code, query, payload or e-mail. */
export type LogFields = Readonly<Record<string, unknown>>;

export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

/** The platform cuts a line at 10,000 characters; ours stay a good way below. */
const MAX_TEXT = 1_000;

/** One JSON object a line. Line breaks in a value are escaped by JSON, so no line can be forged. */
export function createLog(
  write: (line: string) => void = console.log,
  now: () => Date = () => new Date(),
): Log {
  return (level, event, fields = {}) => {
    const entry = { time: now().toISOString(), level, event, ...fields };
    const line = JSON.stringify(entry);
    // Cutting costs four times the writing, and what is short as a whole holds nothing long.
    write(line.length <= MAX_TEXT ? line : JSON.stringify(entry, cut));
  };
}

function cut(_key: string, value: unknown): unknown {
  return typeof value === "string" && value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
}

/**
 * What may be said of an unexpected error: its name, its code and where it happened. The message is
 * left out, because a driver or a database quotes values in it.
 */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    error: error.name,
    ...("code" in error && typeof error.code === "string" ? { code: error.code } : {}),
    at: frames.slice(0, 5).map((line) => line.trim()),
  };
}
