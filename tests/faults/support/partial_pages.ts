import { pause } from "./plan.ts";
import { type Asked, dayAfter, list, night } from "./pretended_oura.ts";

/** Each ring's nights come in so many pages of so many rows. */
export const PAGES = 5;
export const ROWS = 4;
/** The page that goes wrong. */
export const GAP = 3;
export const FIRST_DAY = "2026-01-01";

/** How page 3 goes wrong. The first three mend by themselves, the others stay until they are healed. */
export const KINDS = [
  "fails",
  "cut",
  "duplicates",
  "garbage",
  "names itself",
  "goes round",
  "shrinks",
] as const;
export type Kind = (typeof KINDS)[number];
export const MENDS: ReadonlySet<Kind> = new Set(["fails", "cut", "duplicates"]);
export const DIES: ReadonlySet<Kind> = new Set(["garbage", "names itself", "goes round"]);

export interface Ring {
  /** Their access token too. */
  readonly person: string;
  account: string;
  /** What its nights say by now: each pass raises it. */
  version: number;
  kind?: Kind | undefined;
  /** How often page 3 still goes wrong. */
  left: number;
  hits: number;
  /** The pages that were asked for in this pass. */
  asked: number[];
}

export const nightId = (ring: Ring, page: number, row: number) => `${ring.person}-${page}-${row}`;

function rowsOf(ring: Ring, page: number) {
  return Array.from(
    { length: ROWS },
    (_, row) =>
      night(
        nightId(ring, page, row),
        dayAfter(FIRST_DAY, (page - 1) * ROWS + row),
        ring.version,
      ),
  );
}

/** Answers with the pages of whoever asks; page 3 as it is told. */
export function provider(rings: ReadonlyMap<string, Ring>) {
  return ({ person, next }: Asked): Response => {
    const ring = rings.get(person);
    if (!ring) return new Response(null, { status: 401 });
    const page = Number(next?.slice(1) ?? 1);
    ring.asked.push(page);
    const rows = rowsOf(ring, page);
    const after = page < PAGES ? `p${page + 1}` : null;
    if (page !== GAP || ring.kind === undefined || ring.left === 0) return list(rows, after);
    ring.left--;
    ring.hits++;
    const text = JSON.stringify({ data: rows, next_token: after });
    const half = text.slice(0, text.length / 2);
    switch (ring.kind) {
      case "fails":
        return new Response(null, { status: 500 });
      case "cut":
        return new Response(brokenOff(half));
      case "duplicates":
        return list([...rowsOf(ring, page - 1), ...rows, ...rows], after);
      case "garbage":
        return new Response(half);
      case "names itself":
        return list(rows, `p${page}`);
      case "goes round":
        return list(rows, `p${page - 1}`);
      case "shrinks":
        return list([]);
    }
  };
}

/** The connection ends in mid-body. */
function brokenOff(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
    async pull(controller) {
      // The first bytes have to leave, or the headers do not either.
      await pause(20);
      controller.error(new Error("cut on purpose"));
    },
  });
}
