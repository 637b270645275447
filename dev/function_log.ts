import { join } from "node:path";

/**
 * Keeps every line of the functions in `functions.log` of the state folder and shows those that ask
 * for attention: warnings, errors, and whatever is not one of our JSON lines, such as a stack trace.
 */
export async function openFunctionLog(
  stateDir: string,
  show: (line: string) => void,
): Promise<{ write(slug: string, line: string): void; close(): void }> {
  const path = join(stateDir, "functions.log");
  const file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
  const encoder = new TextEncoder();
  return {
    write(slug, line) {
      file.writeSync(encoder.encode(`${slug} ${line}\n`));
      if (asksForAttention(line)) show(`${slug}: ${line}`);
    },
    close: () => file.close(),
  };
}

export function asksForAttention(line: string): boolean {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== "object" || entry === null || !("level" in entry)) return true;
    return entry.level === "warn" || entry.level === "error";
  } catch {
    return true;
  }
}
