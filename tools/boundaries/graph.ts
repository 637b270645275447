import { fileURLToPath, pathToFileURL } from "node:url";
import { join, relative } from "node:path";
import type { Import, SourceFile } from "./check.ts";

const FOLDERS = ["shared", "functions", "dev", "tools", "tests", "bench"];

/** What `deno info --json` says, as far as it is read here. */
interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly code?: Resolved;
      readonly type?: Resolved;
      readonly specifier: string;
    }[];
  }[];
}
interface Resolved {
  readonly specifier?: string;
  readonly error?: string;
  readonly span: { readonly start: { readonly line: number } };
}

/** Every TypeScript file of the project with its imports, as Deno itself resolves them. */
export async function readGraph(root: string): Promise<readonly SourceFile[]> {
  const paths = typescriptFiles(root, FOLDERS);
  const info = await denoInfo(root, paths);
  const modules = new Map(info.modules.map((module) => [module.specifier, module]));
  return paths.map((path) => {
    const module = modules.get(pathToFileURL(path).href);
    if (!module || module.error) throw new Error(`Cannot read ${path}: ${module?.error}`);
    return {
      path: relative(root, path),
      text: Deno.readTextFileSync(path),
      imports: (module.dependencies ?? []).map((one) => importOf(root, one)),
    };
  });
}

function importOf(
  root: string,
  { specifier, code, type }: { specifier: string; code?: Resolved; type?: Resolved },
): Import {
  const resolved = code ?? type;
  const url = resolved?.specifier ?? specifier;
  return {
    line: (resolved?.span.start.line ?? 0) + 1,
    target: url.startsWith("file:")
      ? relative(root, fileURLToPath(url))
      : url.replace(/^npm:\/?(@?[^@]+)@[^/]+/, "npm:$1"),
  };
}

function* walk(folder: string): Generator<string> {
  let entries: Iterable<Deno.DirEntry>;
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const entry of entries) {
    if (entry.isDirectory) yield* walk(join(folder, entry.name));
    else if (entry.isFile && entry.name.endsWith(".ts")) yield join(folder, entry.name);
  }
}

/** Absolute paths of every TypeScript file in those folders of `root`; an absent folder has none. */
export function typescriptFiles(root: string, folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) => [...walk(join(root, folder))].sort());
}

/** One entry module that imports every file, so that one process reads the whole graph. */
async function denoInfo(root: string, paths: readonly string[]): Promise<Info> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const imports = paths.map((path) => `import ${JSON.stringify(pathToFileURL(path).href)};\n`);
    await Deno.writeTextFile(entry, imports.join(""));
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-lock", "--config", join(root, "deno.json"), entry],
      cwd: root,
      stdin: "null",
    }).output();
    if (!success) throw new Error(`Cannot read imports: ${new TextDecoder().decode(stderr)}`);
    // SAFETY: the format of `deno info --json`, version 1; what is missing shows as no modules.
    return JSON.parse(new TextDecoder().decode(stdout)) as Info;
  } finally {
    await Deno.remove(entry);
  }
}
