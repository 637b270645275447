import { join } from "node:path";
import { supabase } from "../supabase_cli.ts";
import { PROJECT_REF, startManagementApi, type Upload } from "./management_api.ts";

/** TEST KEY: has the form of an access token, so that the CLI sends it to the stand-in. */
const ACCESS_TOKEN = `sbp_${"0".repeat(40)}`;

export interface Deployment {
  readonly uploads: readonly Upload[];
  /** What is wrong with it, in the CLI's own words where they are its. */
  readonly faults: readonly string[];
}

/** Deploys the tree as a person would, to a management API of ours. `folder` is for scratch files. */
export async function deployToStandIn(folder: string): Promise<Deployment> {
  const api = startManagementApi();
  try {
    const profile = join(folder, "profile.yaml");
    await Deno.writeTextFile(profile, profileFor(api.url));
    const { code, output } = await supabase(
      [
        "functions",
        "deploy",
        "--use-api",
        "--profile",
        profile,
        `--remote=${PROJECT_REF}`,
        "--yes",
      ],
      { SUPABASE_ACCESS_TOKEN: ACCESS_TOKEN },
    );
    const uploads = [...api.uploads.values()];
    const faults = [
      ...(code === 0 ? [] : [`the CLI ended with status ${code}:\n${output}`]),
      // A file that the CLI could not find is a warning and status 0; in production it is an outage.
      ...output.split("\n").filter((line) => /\bWARN/i.test(line)),
      ...await missing(uploads),
      ...uploads.flatMap(faultsOf),
    ];
    return { uploads, faults };
  } finally {
    await api.stop();
  }
}

async function missing(uploads: readonly Upload[]): Promise<readonly string[]> {
  const deployed = new Set(uploads.map((upload) => upload.slug));
  const folders = (await Array.fromAsync(Deno.readDir("functions")))
    .filter((entry) => entry.isDirectory).map((entry) => entry.name);
  return [
    ...folders.filter((slug) => !deployed.has(slug))
      .map((slug) => `functions/${slug} is not deployed: supabase/config.toml lacks it`),
    ...(folders.length === 0 ? ["functions/ is empty"] : []),
  ];
}

function faultsOf({ slug, metadata, files }: Upload): readonly string[] {
  const stray = [...files.keys()].filter((path) =>
    !(path === "import_map.json" || path.startsWith("shared/") ||
      path.startsWith(`functions/${slug}/`)) || /(^|\/)\.|_test\.ts$/.test(path)
  );
  return [
    ...(metadata.import_map_path === "import_map.json" ? [] : [`${slug}: no import map`]),
    // The platform's own check accepts bare API keys as well, so ours must be the only one.
    ...(metadata.verify_jwt === false ? [] : [`${slug}: verify_jwt is not false`]),
    ...stray.map((path) => `${slug}: ${path} would be uploaded`),
  ];
}

function profileFor(url: string): string {
  const host = "127.0.0.1";
  return [
    "name: stand-in",
    `api_url: ${url}`,
    `dashboard_url: ${url}`,
    `project_host: ${host}`,
    `pooler_host: ${host}`,
    "",
  ].join("\n");
}
