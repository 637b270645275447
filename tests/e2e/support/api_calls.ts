/** Calls operations of the API's description as they are documented, and notes each answer. */
import { OPERATIONS } from "@shared/api/operations/mod.ts";
import type { Operation } from "@shared/api/operations/operation.ts";
import type { ApiCoverage } from "./api_coverage.ts";
import { type Answer, type Caller, type FunctionsWorld, KEYS } from "./functions_world.ts";

export interface CallOptions {
  /** Whose session goes along; `scheduler` sends the internal secret. */
  readonly as?: Caller | "scheduler";
  /** In the place of `{provider}`, or of a body's `provider`; default `oura`. */
  readonly provider?: string;
  /** Of a GET the query, else the body. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** A body as it is, of this media type. */
  readonly raw?: { readonly body: BodyInit; readonly type: string };
  readonly headers?: Readonly<Record<string, string>>;
}

export type Call = (operation: Operation, options?: CallOptions) => Promise<Answer>;

export function operation(id: string): Operation {
  const found = OPERATIONS.find((one) => one.id === id);
  if (!found) throw new Error(`Cannot find operation ${id}`);
  return found;
}

/** An operation, and each other address of it. */
export function withAliases(id: string): readonly Operation[] {
  return OPERATIONS.filter((one) => one.id === id || one.aliasOf === id);
}

/** What an operation needs to be told at least. */
const LEAST: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  completeConnection: { ticket: "t".repeat(43) },
  getSeries: { types: "heart_rate,glucose" },
};

/** Actions of `POST /connect` that are of no provider. */
const NAMELESS = ["list", "providers", "complete"];

export function createCall(world: FunctionsWorld, coverage: ApiCoverage): Call {
  return async (one, options = {}) => {
    const { as, provider = "oura", raw } = options;
    const input = options.input ?? LEAST[one.aliasOf ?? one.id] ?? {};
    const method = one.method.toUpperCase();
    const address = one.path.replace("{provider}", provider).replace("{secret}", "secret");
    const isPosted = method !== "GET" && one.input !== undefined;
    const query = method === "GET" ? new URLSearchParams(texts(input)).toString() : "";
    const path = query ? `${address}?${query}` : address;
    const isNamed = one.id === "connect" && !NAMELESS.includes(String(input["action"]));
    const named = isNamed ? { provider, ...input } : input;
    const { body, type } = raw ??
      (isPosted ? { body: JSON.stringify(named), type: "application/json" } : {});
    const answer = await world.request(path.slice(1), {
      method,
      headers: {
        ...(as === "scheduler" ? { "x-raphael-secret": KEYS.internalSecret } : as?.headers),
        ...(type ? { "content-type": type } : {}),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body }),
      // SAFETY: a body that streams must be said to; the type of `RequestInit` does not know it.
      ...(body instanceof ReadableStream ? { duplex: "half" } as object : {}),
    });
    coverage.note({ method, path, ...(isPosted && !raw ? { json: named } : {}), ...answer });
    return answer;
  };
}

function texts(input: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, String(value)]));
}
