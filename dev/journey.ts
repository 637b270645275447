/**
 * The main job from end to end, as the demo person lives it: devices linked through the providers' own
 * pages, history fetched, news brought by webhook, all of it readable and nothing of anybody else's.
 */
import { join } from "node:path";
import { StackFailure } from "./failure.ts";
import { compare } from "./journey/compare.ts";
import { readOwnToken } from "./journey/consent.ts";
import { type Person, signIn } from "./journey/person.ts";
import { untilQuiet } from "./journey/quiet.ts";
import type { PretendProviderName } from "./sandbox/provider.ts";
import type { Progress } from "./progress.ts";
import type { Stack } from "./stack.ts";

/** People of the sandbox: who owns the devices. */
const DEMO = "demo";
const OTHER = "another";
const SHOWN_DIFFERENCES = 20;

/** The providers that are all alike here, and what of each is announced by webhook. */
const CLOUD_NEWS: readonly (readonly [slug: PretendProviderName, resource: string])[] = [
  ["whoop", "sleep"],
  ["junction", "sleep"],
  ["spike", "sleeps"],
  ["rook", "activity_event"],
  ["strava", "activities"],
  ["google_health", "sleep"],
  ["withings", "sleep_summary"],
  ["polar", "exercises"],
  ["garmin", "activities"],
  ["suunto", "sleep"],
  ["wahoo", "workouts"],
];

/** Walks through it, each step told with its time; whether all of it is as it should be. */
export async function runJourney(stack: Stack, progress: Progress): Promise<boolean> {
  try {
    await walk(stack, progress);
    progress.log("the journey is complete: the metrics equal what the providers sent");
    return true;
  } catch (error) {
    if (!(error instanceof StackFailure)) throw error;
    progress.log(error.message);
    progress.log(`the functions' log: ${join(stack.stateDir, "functions.log")}`);
    return false;
  }
}

async function walk(stack: Stack, { step, log }: Progress): Promise<void> {
  const { sandbox, database } = stack;
  const quiet = () => untilQuiet(database, sandbox, log);

  const demo = await step("demo person signs in", () => signIn(stack, stack.demo));
  await step("Oura linked through its pages", () => demo.link("oura", DEMO));
  await step("Oura history fetched", quiet);
  const before = (await demo.metrics()).length;
  await step("new sleep announced by signed webhook", () => publish(stack, "oura", "sleep"));
  await step("webhook turned into metrics", async () => {
    await quiet();
    const added = (await demo.metrics()).length - before;
    if (added <= 0) throw new StackFailure("Cannot find the new sleep among the metrics");
    log(`        ${before} metrics and ${added} new ones`);
  });
  await step("Terra linked through its widget", () => demo.link("terra", DEMO));
  await step("Terra data pushed", async () => {
    await quiet();
    await publish(stack, "terra", "activity");
    await quiet();
  });
  await step("Dexcom linked through its pages", () => demo.link("dexcom", DEMO));
  await step("Dexcom polled", quiet);
  await step("Tidepool linked through its pages, and read", async () => {
    await demo.link("tidepool", DEMO);
    await quiet();
  });
  await step("Ultrahuman linked through its pages, and read", async () => {
    await demo.link("ultrahuman", DEMO);
    await quiet();
  });
  await step("Validic linked through its marketplace, and read", async () => {
    await demo.link("validic", DEMO);
    await quiet();
  });
  await step("Nightscout linked by its site and a token, and read", async () => {
    await demo.fillIn("nightscout", await readOwnToken(sandbox, DEMO));
    await quiet();
  });
  for (const [slug, resource] of CLOUD_NEWS) {
    await step(`${slug} linked, its history fetched, news of ${resource} announced`, async () => {
      await demo.link(slug, DEMO);
      await quiet();
      await publish(stack, slug, resource);
      await quiet();
    });
  }

  const other = await step("another person signs in and links Oura", async () => {
    const person = await signIn(stack, stack.other);
    await person.link("oura", OTHER);
    await quiet();
    return person;
  });
  await step("demo person's metrics equal the ledger", () => check(stack, demo, DEMO, log));
  await step("other person's metrics equal the ledger", () => check(stack, other, OTHER, log));
  await step("both sign out", () => Promise.all([demo.signOut(), other.signOut()]));
}

/** Something new at the provider, and its webhook accepted by us. */
async function publish(
  { sandbox }: Stack,
  provider: string,
  resource: string,
): Promise<void> {
  const known = sandbox.control.deliveries().length;
  sandbox.control.publish({ person: DEMO, provider, resource });
  await sandbox.control.settled();
  const sent = sandbox.control.deliveries().slice(known);
  if (sent.length === 0) {
    throw new StackFailure(`Cannot hear from ${provider}: it knows no webhook address of ours`);
  }
  const refused = sent.find(({ state }) => state !== "delivered");
  if (refused) {
    throw new StackFailure(
      `Cannot take the webhook of ${provider}: ${refused.statuses.join(", ")}`,
    );
  }
}

/** Compares everything the person reads with everything their devices sent. */
async function check(
  { sandbox, stateDir }: Stack,
  person: Person,
  who: string,
  log: (line: string) => void,
): Promise<void> {
  const facts = sandbox.ledger.facts(who);
  const { equal, differences } = compare(await person.metrics(), facts);
  log(`        ${equal} equal, ${differences.length} different`);
  if (differences.length === 0 && equal > 0) return;
  for (const line of differences.slice(0, SHOWN_DIFFERENCES)) log(`        ${line}`);
  const path = join(stateDir, `differences-${who}.txt`);
  await Deno.writeTextFile(path, differences.join("\n") + "\n");
  throw new StackFailure(`The metrics of ${who} are not what was sent: all of it is in ${path}`);
}
