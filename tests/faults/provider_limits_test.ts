import assert from "node:assert/strict";
import { counts, fault, LONG, report } from "./support/fault.ts";
import { eventually, pause } from "./support/plan.ts";
import { leftOf, type Reply, type Seen, withProviders } from "./support/pretended_providers.ts";

const SLUGS = Array.from({ length: counts(4, 16) }, (_, n) => `p${n}`);
const WANTED = counts(8, 1_000);
const EVERY = 8;
/** Requests that were under way when the answer came are nobody's fault. */
const UNDER_WAY_MS = 1_000;

/** Says 429 to each eighth request, with a `Retry-After` in turn of each form. */
function reply(slug: string, n: number): Reply {
  if (n % EVERY !== 0) return { status: 200 };
  const now = Date.now();
  const limited = (header: string, until: number): Reply => ({
    status: 429,
    headers: { "retry-after": header },
    until,
  });
  if (slug === "far") return limited("1000000000", now + 3_600_000);
  if (slug === "garbage") return limited("soon, please", now + 60_000);
  switch ((n / EVERY) % 4) {
    case 1:
      return limited("3", now + 3_000);
    case 2: {
      const until = Math.floor((now + 4_000) / 1_000) * 1_000;
      return limited(new Date(until).toUTCString(), until);
    }
    case 3:
      return limited(new Date(now - 60_000).toUTCString(), now + 1_000);
    default:
      return limited("2", now + 2_000);
  }
}

/** Requests that came although their provider had said not yet. */
function early(seen: readonly Seen[]): number {
  const orders = seen.filter((one) => one.until !== undefined);
  return seen.filter(({ slug, at }) =>
    orders.some((order) =>
      order.slug === slug && at > order.at + UNDER_WAY_MS && at < (order.until ?? 0)
    )
  ).length;
}

const limitedOf = (seen: readonly Seen[]) => seen.filter((one) => one.status === 429).length;

fault(
  "FT-28",
  "429: no request before Retry-After, in any of its forms, and no attempt spent",
  async () => {
    await withProviders({ reply }, async ({ db, workers, seen, enqueue }) => {
      for (const slug of SLUGS) await enqueue(slug, counts(60, 700));
      for (const slug of ["far", "garbage"]) await enqueue(slug, 30);
      await Promise.all([workers.start(), workers.start()]);
      await eventually(() => limitedOf(seen) >= WANTED, counts(15_000, 100_000));
      if (!LONG) await pause(1_500);
      const gates = await db.admin<{ provider: string; seconds: number }[]>`
      select provider, extract(epoch from blocked_until - now())::float8 as seconds
      from raphael_private.provider_gates where provider in ('far', 'garbage')`;
      const left = await leftOf(db);
      const hits = limitedOf(seen);
      const tooEarly = early(seen);
      report("FT-28", { requests: seen.length, hits, tooEarly, ...left });
      assert.ok(hits >= SLUGS.length + 2, "too few were told to wait");
      assert.equal(tooEarly, 0);
      assert.deepEqual([left.dead, left.attempts, left.doubled], [0, 1, 0]);
      for (const { provider, seconds } of gates) {
        const [least, most] = provider === "far" ? [3_000, 3_600] : [0, 60];
        assert.ok(LONG || seconds > least && seconds <= most, `${provider}: ${seconds} s`);
      }
      // Each sees one 429 at most in its hour, and the answers that were under way with it.
      assert.ok(seen.filter((one) => one.slug === "far").length < EVERY + 12);
    });
  },
);

fault("FT-28", "control without the gate: requests come too early", async () => {
  await withProviders({ reply, gated: false }, async ({ workers, seen, enqueue }) => {
    for (const slug of SLUGS) await enqueue(slug, 800);
    await workers.start();
    const blind = !await eventually(() => early(seen) > 0, 8_000);
    report("FT-28 control", { hits: limitedOf(seen), tooEarly: early(seen) });
    assert.ok(!blind, "nothing came too early without the gate: the harness is blind");
  });
});
