/** One file that is made from code, never written by hand. */
export interface Output {
  /** Relative to the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** A Markdown table; `|` and line breaks inside cells are made harmless. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}
