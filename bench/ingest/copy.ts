/** The anchor: psql's COPY of the same rows, timed by psql itself. */
import { failure } from "../../dev/failure.ts";
import type { Accounts } from "./ours.ts";
import { page, valuesOf } from "./told.ts";

/** A line a sample, in the table's own order of columns. */
export async function writeSamples(path: string, pages: number, a: Accounts): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  for (let n = 0; n < pages; n++) {
    const one = page(n);
    const userKey = a.userKeys[one.person];
    const lines = valuesOf(one).map(({ at, bpm }, i) => {
      const day = new Date(at.getTime() + 3_600_000).toISOString().slice(0, 10);
      const record = n * 20 + Math.floor(i / 250) + 1;
      const columns = [at.toISOString(), record, bpm, userKey, 1, 0, day, a.metricId, 60, "r"];
      return columns.join("\t") + "\n";
    });
    await file.write(encoder.encode(lines.join("")));
  }
}

/** Rows a second of `\copy`. Throws `StackFailure` in one line where psql is not installed. */
export async function copy(
  url: string,
  p: { readonly table: string; readonly path: string; readonly rows: number },
): Promise<number> {
  const columns =
    "start_at, record_id, value, user_key, source_id, duration_s, local_date, metric_id, offset_minutes, day_origin";
  const command = new Deno.Command("psql", {
    args: [url, "-X", "-c", "\\timing on", "-c", `\\copy ${p.table} (${columns}) from '${p.path}'`],
  });
  const output = await command.output().catch((error) => {
    throw failure("Cannot copy: install Debian's postgresql-client", error);
  });
  const text = new TextDecoder().decode(output.stdout);
  const ms = Number(/Time: ([\d.]+) ms/.exec(text)?.[1] ?? NaN);
  if (!text.includes(`COPY ${p.rows}`) || Number.isNaN(ms)) {
    throw failure(`Cannot copy: ${new TextDecoder().decode(output.stderr).split("\n")[0]}`);
  }
  return p.rows / ms * 1_000;
}
