/** docs/openapi.json is what the functions answer: each operation, with each status that it lists. */
import assert from "node:assert/strict";
import { OPERATIONS } from "@shared/api/operations/mod.ts";
import { freePort } from "../../dev/ports.ts";
import { createCall } from "./support/api_calls.ts";
import { createApiCoverage } from "./support/api_coverage.ts";
import {
  beginEverywhere,
  completeEverywhere,
  disconnectEverywhere,
  listEverywhere,
  syncEverywhere,
} from "./support/api_links.ts";
import {
  CHECKED_PROVIDERS,
  deliverEverywhere,
  operate,
  preferEverything,
  readEverything,
  refreshEverywhere,
  visitCallback,
} from "./support/api_others.ts";
import {
  failWithDatabase,
  refuseBadInput,
  refuseStrangers,
  refuseTooMany,
} from "./support/api_refusals.ts";
import { withFunctions } from "./support/functions_world.ts";

/** Answers that are documented and that no test can bring about, each with the reason. */
const NOT_SHOWN: Readonly<Record<string, string>> = {};

Deno.test("every documented answer is given, and none that is not documented", async (t) => {
  const coverage = createApiCoverage();

  await withFunctions(async (world) => {
    const call = createCall(world, coverage);
    const people = { demo: await world.signIn(), other: await world.signIn() };
    await refuseStrangers(call, await world.signIn({ anonymous: true }));
    await refuseBadInput(call, people.demo);
    await beginEverywhere(call, world, people);
    await completeEverywhere(call, world, people);
    await listEverywhere(call, people.demo);
    await syncEverywhere(call, people.demo);
    await refreshEverywhere(call, people.demo);
    await visitCallback(call);
    await deliverEverywhere(call);
    await operate(call);
    await world.drain();
    await preferEverything(call, people.demo);
    await readEverything(call, people.demo);
    await disconnectEverywhere(call, world, people.demo);
  }, { settings: CHECKED_PROVIDERS });

  await withFunctions(async (world) => {
    await refuseTooMany(createCall(world, coverage), await world.signIn());
  }, { settings: { RATE_LIMIT_REQUESTS: "1" } });

  await withFunctions(async (world) => {
    const person = await world.signIn();
    for (const schema of ["raphael", "raphael_private"]) {
      await world.database.admin.unsafe(
        `revoke all on schema ${schema} from raphael_app, authenticated`,
      );
    }
    await failWithDatabase(createCall(world, coverage), 500, person);
  });

  await withFunctions(async (world) => {
    await failWithDatabase(createCall(world, coverage), 503, await world.signIn());
  }, {
    settings: { RAPHAEL_DATABASE_URL: `postgres://nobody:none@127.0.0.1:${freePort()}/postgres` },
  });

  const { documented, shown } = coverage;
  const counted = `${shown.size} of ${documented.size} answers of ${OPERATIONS.length} operations`;
  await t.step(`${counted}, in ${coverage.exchanges()} exchanges`, () => {
    assert.deepEqual(coverage.findings(), [], "answered otherwise than documented");
    const missing = [...documented].filter((answer) => !shown.has(answer));
    assert.deepEqual(missing, Object.keys(NOT_SHOWN), "documented, and not shown");
  });
});
