/**
 * The migrations as the stock Supabase CLI applies and judges them, on two Postgres of their own:
 *
 *   17, embedded: what a Supabase project runs, pushed as a role with a hosted owner's rights
 *   15, Debian's: has plpgsql_check and a real pg_cron, which the embedded one lacks
 *
 *   deno run -A tools/database_lanes.ts      the last line is `N passed, N failed`
 */
import { dirname } from "node:path";
import { startPostgres } from "../dev/postgres.ts";
import { APP_PASSWORD } from "../tests/support/database.ts";
import { missingPackages, startDebianPostgres } from "./database_lanes/debian_postgres.ts";
import {
  advise,
  applyCompat,
  createProjectOwner,
  type Finding,
  lint,
  push,
  schedules,
  withAdmin,
} from "./database_lanes/lane.ts";
import { running } from "./test/denos.ts";
import { lastLine, sum, type Tally, tally } from "./test/report.ts";
import { runTests } from "./test/run.ts";
import { suiteOf } from "./test/suites.ts";

const CATALOG = "tests/database/catalog_test.ts";

async function embedded17(): Promise<readonly Tally[]> {
  const server = await startPostgres({
    stateDir: ".local",
    cluster: `lane-${Deno.pid}`,
    port: 0,
    log: console.log,
  });
  try {
    await applyCompat(server.url);
    const owner = await createProjectOwner(server.url);
    return [tell("17", [...await push(server.url, owner), await advise(server.url)])];
  } finally {
    await server.stop();
    await Deno.remove(dirname(server.dataDir), { recursive: true });
  }
}

async function debian15(): Promise<readonly Tally[]> {
  const missing = await missingPackages();
  if (missing.length > 0) {
    return [tell("15", [{ what: "Debian's packages", fault: `missing: ${missing.join(" ")}` }])];
  }
  const server = await startDebianPostgres();
  try {
    await applyCompat(server.url);
    const findings = [...await push(server.url), await advise(server.url), await lint(server.url)];
    const told = tell("15", findings);
    await withAdmin(server.url, async (admin) => {
      await admin.unsafe(`alter role raphael_app with login password '${APP_PASSWORD}'`);
    });
    // No template: pg_cron keeps a session in the one database that has it.
    const env = { TEST_DATABASE_URL: server.url, TEST_TEMPLATE: "" };
    const name = `PostgreSQL 15, ${CATALOG}`;
    const { xml, code } = await runTests(running, suiteOf(CATALOG), [CATALOG], env);
    // Last: the minute's tick may have come while the others ran.
    return [told, tally(xml, code, name), tell("15", await schedules(server.url))];
  } finally {
    await server.stop();
  }
}

function tell(server: string, findings: readonly Finding[]): Tally {
  const failures = findings.flatMap(({ what, fault }) =>
    fault === undefined ? [] : [{ where: `PostgreSQL ${server}, ${what}`, what: fault }]
  );
  for (const { what, fault } of findings) {
    console.log(`${fault === undefined ? "ok    " : "FAILED"} PostgreSQL ${server}, ${what}`);
  }
  const failed = failures.length;
  return { passed: findings.length - failed, failed, skipped: 0, failures };
}

async function lane(name: string, run: () => Promise<readonly Tally[]>): Promise<Tally> {
  try {
    return sum(await run());
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return tell(name, [{ what: "set-up", fault }]);
  }
}

const all = sum([await lane("17", embedded17), await lane("15", debian15)]);
for (const { where, what } of all.failures) console.log(`\nFAILED ${where}\n${what}`);
console.log(`\n${lastLine(all)}`);
Deno.exit(all.failed > 0 ? 1 : 0);
