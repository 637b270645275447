import type { MiddlewareHandler } from "hono";
import { pause } from "./deliver.ts";

// deno-fmt-ignore: two groups read better than one column
export const FAULT_KINDS = [
  // answered instead of the provider
  "401", "403", "429", "500", "503", "stall", "garbage", "html", "redirect", "huge",
  // done to the provider's answer, after it did its work
  "delay", "cut", "truncated", "slow_drip", "rotated_then_lost", "rotated_then_500",
  "next_loop", "duplicate_page", "reordered", "wrong_types",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultOrder {
  readonly provider: string;
  /** A path below the provider's origin, `/oauth/token`; a `*` at its end stands for any rest. */
  readonly route: string;
  readonly kind: FaultKind;
  /** How many requests it strikes; without it, until it is cleared. */
  readonly times?: number;
  /** Goes into `Retry-After` as it is: seconds, a date, or nonsense. */
  readonly retryAfter?: number | string;
  /** For stall and delay. */
  readonly seconds?: number;
  /** For cut and truncated: after how many bytes; for slow_drip: bytes a second. */
  readonly bytes?: number;
}

/** A fault and how often it really struck: a fault test without hits proves nothing. */
export interface Fault extends FaultOrder {
  readonly id: number;
  hits: number;
}

export interface Faults {
  add(order: FaultOrder): Fault;
  clear(): void;
  readonly all: readonly Fault[];
  /** For the routes of one provider, mounted at `prefix`. */
  middleware(provider: string, prefix: string): MiddlewareHandler;
}

/** Headers that a provider sends with its 429 in place of `Retry-After`, or beside it. */
export type RateHeaders = (provider: string) => Readonly<Record<string, string>>;

/** `closing` ends what a fault holds up, so that the server can stop. */
export function createFaults(rateHeaders: RateHeaders, closing: AbortSignal): Faults {
  const all: Fault[] = [];
  let serial = 0;
  const take = (provider: string, path: string) => {
    const fault = all.find((one) =>
      belongsTo(provider, one.provider) && one.hits < (one.times ?? Infinity) &&
      matches(one.route, path)
    );
    if (fault) fault.hits++;
    return fault;
  };
  return {
    all,
    add(order) {
      const fault = { ...order, id: ++serial, hits: 0 };
      all.push(fault);
      return fault;
    },
    clear() {
      all.length = 0;
    },
    middleware: (provider, prefix) => async (c, next) => {
      const fault = take(provider, c.req.path.slice(prefix.length));
      if (!fault) return await next();
      const instead = await insteadOf(fault, closing, rateHeaders(provider));
      if (instead) return instead;
      await next();
      const spoilt = await spoil(fault, c.res, new URL(c.req.url), closing);
      // Hono merges headers into an answer that is replaced, unless it is taken away first.
      c.res = undefined;
      c.res = spoilt;
      return undefined;
    },
  };
}

/** Whether `name` is `provider` itself or one of its regions: `dexcom` stands for all of them. */
export function belongsTo(name: string, provider: string): boolean {
  return name === provider || name.startsWith(`${provider}-`);
}

function matches(route: string, path: string): boolean {
  return route.endsWith("*") ? path.startsWith(route.slice(0, -1)) : route === path;
}

async function insteadOf(
  fault: Fault,
  signal: AbortSignal,
  rate: Readonly<Record<string, string>>,
): Promise<Response | undefined> {
  const retry: Record<string, string> = fault.retryAfter === undefined
    ? {}
    : { "retry-after": String(fault.retryAfter) };
  switch (fault.kind) {
    case "401":
    case "403":
    case "500":
    case "503":
      return Response.json({ detail: "sandbox fault" }, {
        status: Number(fault.kind),
        headers: retry,
      });
    case "429":
      return Response.json({ detail: "Rate limit exceeded" }, {
        status: 429,
        headers: { ...rate, ...retry },
      });
    case "stall":
      await pause(fault.seconds ?? 120, signal);
      return new Response(null, { status: 504 });
    case "garbage":
      return new Response(new Uint8Array([0xff, 0x00, 0xc3, 0x28, 0x7b, 0x22]), {
        headers: { "content-type": "application/json" },
      });
    case "html":
      return new Response("<html><body>Bad gateway, please stand by</body></html>", {
        headers: { "content-type": "text/html" },
      });
    case "redirect":
      return new Response(null, {
        status: 307,
        headers: { location: "https://elsewhere.invalid/" },
      });
    case "huge":
      return new Response(endless(), { headers: { "content-type": "application/json" } });
    default:
      return undefined;
  }
}

async function spoil(
  fault: Fault,
  response: Response,
  url: URL,
  closing: AbortSignal,
): Promise<Response> {
  const { status, headers } = response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const again = (body: BodyInit | null) => new Response(body, { status, headers });
  switch (fault.kind) {
    case "delay":
      await pause(fault.seconds ?? 5, closing);
      return again(bytes);
    case "cut":
      return again(broken(bytes.subarray(0, fault.bytes ?? Math.floor(bytes.length / 2))));
    case "rotated_then_lost":
      return again(broken(new Uint8Array()));
    case "rotated_then_500":
      return Response.json({ error: "server_error" }, { status: 500 });
    case "truncated":
      return again(bytes.slice(0, fault.bytes ?? Math.floor(bytes.length / 2)));
    case "slow_drip":
      return again(drip(bytes, fault.bytes ?? 64, closing));
    default:
      return again(rewrite(fault.kind, bytes, url));
  }
}

/** Lists that lie: the same page again, the rows turned round, numbers as words. */
function rewrite(kind: FaultKind, bytes: Uint8Array, url: URL): string {
  const text = new TextDecoder().decode(bytes);
  if (kind === "wrong_types") return text.replaceAll(/:(-?\d+(?:\.\d+)?)(?=[,}])/g, ':"many"');
  let page: unknown;
  try {
    page = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof page !== "object" || page === null) return text;
  if (kind === "next_loop") return JSON.stringify(looping(page, url));
  const changed = (rows: readonly unknown[]) =>
    kind === "duplicate_page" ? [...rows, ...rows] : rows.toReversed();
  return JSON.stringify(Array.isArray(page) ? changed(page) : withLists(page, changed));
}

/** A page that names itself as the next one, or the first for which there is no name. */
function looping(page: object, url: URL): object {
  if ("body" in page && typeof page.body === "object") {
    return { ...page, body: { ...page.body, more: 1, offset: 1 } };
  }
  const asked = url.searchParams.get("next_token") ?? url.searchParams.get("nextToken");
  return { ...page, next_token: asked ?? "MA" };
}

/** Where providers keep a page's rows; Withings has them in a `body`. */
const LISTS = new Set(
  "data records nights recharges measuregrps activities series".split(" "),
);

function withLists(
  page: object,
  changed: (rows: readonly unknown[]) => readonly unknown[],
): object {
  return Object.fromEntries(
    Object.entries(page).map(([name, member]) => {
      if (LISTS.has(name) && Array.isArray(member)) return [name, changed(member)];
      const isInner = name === "body" && typeof member === "object" && member !== null;
      return [name, isInner ? withLists(member, changed) : member];
    }),
  );
}

/** What a connection torn on purpose fails with. */
export const CUT = "sandbox fault: cut";

/** Ends the connection after `bytes`, without the end of the message. */
function broken(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => bytes.length > 0 ? controller.enqueue(bytes) : undefined,
    async pull(controller) {
      // One turn for the first bytes to leave before the connection is torn down.
      await pause(0.02);
      controller.error(new Error(CUT));
    },
  });
}

function drip(bytes: Uint8Array, rate: number, signal: AbortSignal): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at >= bytes.length || signal.aborted) return controller.close();
      controller.enqueue(bytes.slice(at, at + rate));
      at += rate;
      await pause(1, signal);
    },
  });
}

/** White space, which JSON allows before a value, without end: memory must not grow with it. */
function endless(): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(65_536).fill(0x20);
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
}
