/**
 * Begins a provider: its driver, fixtures and sandbox, and the lines that register them.
 *
 *   deno task provider <slug> ["Its Name"]
 *
 * What is written runs and passes the laws as it is; `FILL IN` marks the facts to look up. Refuses to
 * write over anything. docs/ADDING_A_PROVIDER.md says how to go on.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesFor, nameOf, type NewFile, type NewProvider, pascal } from "./provider/templates.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A file with `line` put in before the first line of `among` that comes after it by name, else behind the last. */
export function insertSorted(text: string, among: RegExp, line: string): string {
  const lines = text.split("\n");
  const places = lines.flatMap((one, i) => among.test(one) ? [i] : []);
  const last = places.at(-1);
  if (last === undefined) throw new Error(`Cannot register the provider: no line like ${among}`);
  const before = places.find((i) => (lines[i] ?? "") > line) ?? last + 1;
  return lines.toSpliced(before, 0, line).join("\n");
}

/** The registering lines: `read` gives a file's present text. */
export function registrations(
  { slug }: NewProvider,
  read: (path: string) => string,
): readonly NewFile[] {
  const create = `create${pascal(slug)}`;
  const change = (path: string, ...lines: readonly (readonly [RegExp, string])[]): NewFile => [
    path,
    lines.reduce((text, [among, line]) => insertSorted(text, among, line), read(path)),
  ];
  const names = "shared/providers/names.ts";
  const isKnown = new RegExp(`"${slug}"`).test(read(names));
  return [
    change(
      "shared/providers/mod.ts",
      [/^import \w+ from ".\/\w+.ts";$/, `import ${slug} from "./${slug}.ts";`],
      [/^ {2}\w+,$/, `  ${slug},`],
    ),
    ...(isKnown ? [] : [change(names, [/^ {2}\{ slug: "\w+" \},$/, `  { slug: "${slug}" },`])]),
    // Readings of no class, until somebody says what the service's own devices are.
    change("shared/catalog/device_classes.ts", [/^ {2}\w+: "\w*",$/, `  ${slug}: "",`]),
    change(
      "dev/sandbox/provider.ts",
      [/^import \{ create\w+ \} from/, `import { ${create} } from "./${slug}/app.ts";`],
      [/^ {2}\w+: create\w+,$/, `  ${slug}: ${create},`],
    ),
    change(
      "dev/sandbox/main.ts",
      [
        /^ {2}\w+: \{ id: "sandbox-/,
        `  ${slug}: { id: "sandbox-${slug}", secret: "test-key-${slug}-client-secret" },`,
      ],
    ),
  ];
}

/** Throws `Error` where the slug is none or the driver exists. */
export function providerFrom(args: readonly string[], exists: (path: string) => boolean) {
  const [slug = "", name = nameOf(slug)] = args;
  if (!/^[a-z][a-z0-9_]{1,30}$/.test(slug) || args.length > 2) {
    throw new Error('Cannot begin a provider: run `deno task provider <slug> ["Its Name"]`');
  }
  const provider = { slug, name };
  const taken = filesFor(provider).find(([path]) => exists(path));
  if (taken) throw new Error(`Cannot begin ${slug}: ${taken[0]} exists`);
  return provider;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(join(ROOT, path)).isFile;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  try {
    const provider = providerFrom(Deno.args, isThere);
    const read = (path: string) => Deno.readTextFileSync(join(ROOT, path));
    const files = [...filesFor(provider), ...registrations(provider, read)];
    for (const [path, text] of files) {
      Deno.mkdirSync(dirname(join(ROOT, path)), { recursive: true });
      Deno.writeTextFileSync(join(ROOT, path), text);
      console.log(`wrote ${path}`);
    }
    const args = ["fmt", "--quiet", ...files.map(([path]) => join(ROOT, path))];
    await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
    console.log("next: deno task generate, then docs/ADDING_A_PROVIDER.md");
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exitCode = 1;
  }
}
