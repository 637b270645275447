/**
 * Would a deploy with the stock Supabase CLI work? Deploys to a management API of ours, then takes
 * the uploaded files alone, outside of the tree, and type-checks and boots each function on
 * production's Deno. The last line is `N passed, N failed`.
 *
 *   deno task deploy:check
 */
import { join } from "node:path";
import { boot, typeCheck, unpack } from "./deploy_check/boot.ts";
import { deployToStandIn } from "./deploy_check/stock_deploy.ts";
import { lastLine } from "./test/report.ts";
import { production } from "./test/denos.ts";
import { SUPABASE_CLI } from "./supabase_cli.ts";

/** The least that a function needs to start; the database is not there, and need not be. */
function minimalEnv(): Readonly<Record<string, string>> {
  const random = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
  return {
    SUPABASE_URL: "https://project.example.com",
    RAPHAEL_DATABASE_URL: "postgres://raphael_app:none@127.0.0.1:1/postgres",
    APP_BASE_URL: "https://app.example.com",
    ENCRYPTION_KEYS: `check:${random()}`,
    ENCRYPTION_ACTIVE_KEY: "check",
    INTERNAL_SECRETS: random(),
  };
}

async function main(folder: string): Promise<number> {
  let passed = 0;
  const failures: string[] = [];
  const tell = (what: string, fault: string | undefined) => {
    console.log(`${fault === undefined ? "ok    " : "FAILED"} ${what}`);
    if (fault === undefined) passed++;
    else failures.push(`${what}: ${fault}`);
  };

  const { uploads, faults } = await deployToStandIn(folder);
  tell(
    `${SUPABASE_CLI} functions deploy: ${uploads.length} functions, no warning`,
    faults.length > 0 ? faults.join("\n") : undefined,
  );
  const deno = await production();
  const env = minimalEnv();
  for (const upload of uploads) {
    const alone = join(folder, upload.slug);
    await unpack(upload, alone);
    const files = `${upload.slug}: its ${upload.files.size} files alone`;
    tell(`${files} type-check on Deno ${deno.version}`, await typeCheck(deno, upload, alone));
    tell(`${files} boot and answer`, await boot(deno, upload, alone, env));
  }

  for (const failure of failures) console.log(`\nFAILED ${failure}`);
  console.log(`\n${lastLine({ passed, failed: failures.length, skipped: 0 })}`);
  return failures.length > 0 ? 1 : 0;
}

const folder = await Deno.makeTempDir({ prefix: "raphael-deploy-" });
const status = await main(folder).finally(() => Deno.remove(folder, { recursive: true }));
Deno.exit(status);
