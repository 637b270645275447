import { FORBIDDEN, type Layer, LAYERS, LONGEST } from "./rules.ts";

/** One `import`, `export … from` or `import()`: where it is written, and what it resolves to. */
export interface Import {
  readonly line: number;
  /** A path from the root (`shared/core/time.ts`), `npm:zod`, or `node:crypto`. */
  readonly target: string;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** Everything in `files` that breaks a rule, as `file:line what`. */
export function violations(files: readonly SourceFile[]): readonly string[] {
  const graph = new Map(files.map((file) => [file.path, file]));
  return files.flatMap((file) => [
    ...importViolations(file),
    ...reachViolations(file, graph),
    ...lengthViolations(file),
    ...codeViolations(file),
  ]);
}

function layerOf(path: string): Layer | undefined {
  return LAYERS.find(({ files }) => files.test(path));
}

function importViolations({ path, imports }: SourceFile): string[] {
  const layer = layerOf(path);
  if (!layer) return [`${path}:1 belongs to no layer: see tools/boundaries/rules.ts`];
  return imports.filter(({ target }) => !isAllowed(layer, path, target))
    .map(({ line, target }) => `${path}:${line} imports ${target}: not allowed for ${layer.name}`);
}

function isAllowed(layer: Layer, path: string, target: string): boolean {
  if (/^(npm|node):/.test(target)) {
    return layer.packages.includes("*") || layer.packages.includes(packageName(target));
  }
  if (layer.imports.includes("*")) return true;
  const other = layerOf(target);
  if (other === layer) return !layer.isolated || cell(layer, path) === cell(layer, target);
  return other !== undefined && layer.imports.includes(other.name);
}

/** `npm:hono/route` belongs to `hono`, `npm:@scope/name/part` to `@scope/name`. */
function packageName(target: string): string {
  const name = target.replace(/^npm:/, "");
  return name.split("/").slice(0, name.startsWith("@") ? 2 : 1).join("/");
}

function cell(layer: Layer, path: string): string | undefined {
  return layer.files.exec(path)?.[1];
}

function reachViolations(file: SourceFile, graph: ReadonlyMap<string, SourceFile>): string[] {
  const layer = layerOf(file.path);
  const never = layer?.neverReaches ?? [];
  if (never.length === 0) return [];
  const seen = new Set([file.path]);
  const queue = file.imports.map((one) => ({ ...one, via: one.target }));
  const found: string[] = [];
  for (const { line, target, via } of queue) {
    if (seen.has(target)) continue;
    seen.add(target);
    if (never.includes(layerOf(target)?.name ?? "")) {
      found.push(
        `${file.path}:${line} reaches ${target} by ${via}: not allowed for ${layer?.name}`,
      );
    } else {
      queue.push(...(graph.get(target)?.imports ?? []).map((one) => ({ ...one, line, via })));
    }
  }
  return found;
}

function lengthViolations({ path, text }: SourceFile): string[] {
  if (/^\/\/ Generated /.test(text)) return [];
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  const longest = LONGEST.find(([files]) => files.test(path))?.[1] ?? Infinity;
  return lines > longest ? [`${path}:${lines} is longer than ${longest} lines`] : [];
}

function codeViolations({ path, text }: SourceFile): string[] {
  const rules = FORBIDDEN.filter(([files]) => files.test(path));
  if (rules.length === 0) return [];
  return codeLines(text).flatMap((line, i) =>
    rules.filter(([, code]) => code.test(line)).map(([, , why]) => `${path}:${i + 1} ${why}`)
  );
}

/** Lines without comments and the inside of one-line strings: near enough, as the formatter lays them out. */
function codeLines(text: string): string[] {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ""))
    .split("\n")
    .map((line) =>
      line.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""').replace(/(^|\s)\/\/.*$/, "")
    );
}
