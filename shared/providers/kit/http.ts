import type { z } from "zod";
import { parseJson } from "../../core/json.ts";
import type { CallQuirks, DriverContext } from "../driver.ts";
import { ProviderError, type ProviderFailure } from "../errors.ts";

/** What a call needs to know of the driver that makes it. */
export interface ProviderIdentity extends CallQuirks {
  readonly slug: string;
  readonly hosts: readonly string[];
}

/** Largest answer read, decompressed. */
const MAX_BODY_BYTES = 5 * 1_024 * 1_024;
/** A provider that says 429 without saying how long. */
const DEFAULT_RETRY_SECONDS = 60;
/** Nobody waits longer on one word of a provider: the queue asks again after an hour. */
const MAX_RETRY_SECONDS = 3_600;

/**
 * Calls a provider and answers with a 2xx response, or one of `emptyStatuses`. Throws `ProviderError`:
 * 401 is `reauthorize`, 429 `rate_limited`, 5xx, resets and timeouts `unavailable`, a redirect
 * `contract`, the rest `rejected`.
 */
export async function callProvider(
  provider: ProviderIdentity,
  request: Request,
  ctx: DriverContext,
  emptyStatuses: readonly number[] = [],
): Promise<Response> {
  const sent = await send(provider, request, ctx);
  const response = await provider.conform?.(sent) ?? sent;
  const failure = failureOf(response, ctx.now(), provider);
  if (!failure || emptyStatuses.includes(response.status)) return response;
  await discard(response);
  throw new ProviderError(provider.slug, failure);
}

/** Sends to an allowed host, follows no redirect, and answers with whatever status comes. */
export async function send(
  provider: ProviderIdentity,
  request: Request,
  ctx: DriverContext,
  signal: AbortSignal = ctx.signal,
): Promise<Response> {
  const url = new URL(request.url);
  const allowed = url.protocol === "https:" && provider.hosts.includes(url.host) &&
    url.username === "" && url.password === "";
  if (!allowed) {
    throw new ProviderError(provider.slug, {
      kind: "contract",
      issues: ["address outside the provider's hosts"],
    });
  }
  try {
    return await ctx.fetch(request, { redirect: "manual", signal });
  } catch (error) {
    if (error instanceof ProviderError) throw error; // of the gate: no request was sent
    // The cause is dropped on purpose: fetch errors name the URL, which may hold a person's ids.
    throw new ProviderError(provider.slug, { kind: "unavailable" });
  }
}

/** What a status means; nothing for 2xx. */
export function failureOf(
  response: Response,
  now: Date,
  quirks: CallQuirks = {},
): ProviderFailure | undefined {
  const { status, headers } = response;
  const own = quirks.statuses?.[status];
  if (own) return own;
  if (status >= 200 && status < 300) return undefined;
  // 3xx, and 0: the opaque response that `redirect: "manual"` gives outside Deno.
  if (status < 400) return { kind: "contract", issues: ["redirect"] };
  if (status === 401) return { kind: "reauthorize", cause: "token_rejected" };
  if (status === 429) {
    const header = headers.get("retry-after");
    const told = header === null ? quirks.retryAfter?.(headers, now) : undefined;
    return {
      kind: "rate_limited",
      retryAfter: retryAfterSeconds(told === undefined ? header : String(told), now),
    };
  }
  if (status === 408 || status >= 500) return { kind: "unavailable", status };
  return { kind: "rejected", status };
}

/** Reads `Retry-After`, seconds or HTTP date (RFC 9110 section 10.2.3), as 1 to 3,600 seconds. */
export function retryAfterSeconds(header: string | null, now: Date): number {
  const text = header?.trim() ?? "";
  const seconds = /^\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : (Date.parse(text) - now.getTime()) / 1_000;
  if (Number.isNaN(seconds)) return DEFAULT_RETRY_SECONDS;
  return Math.min(Math.max(1, Math.ceil(seconds)), MAX_RETRY_SECONDS);
}

/**
 * The JSON body, checked; a 204 and what is not 2xx (`emptyStatuses`) are checked as `undefined`. Throws
 * `contract` with the paths of what does not fit, never a value; `unavailable` where the body breaks off.
 */
export async function readJson<T>(
  provider: ProviderIdentity,
  response: Response,
  schema: z.ZodType<T>,
): Promise<T> {
  const isEmpty = response.status === 204 || !response.ok;
  if (isEmpty) await discard(response);
  const text = isEmpty ? undefined : await readText(provider, response);
  let body: unknown;
  try {
    body = text === undefined ? undefined : parseJson(text);
  } catch {
    throw new ProviderError(provider.slug, { kind: "contract", issues: ["body is not JSON"] });
  }
  return check(provider.slug, schema, body);
}

/** `value` as `schema` has it. Throws `contract`. */
export function check<T>(slug: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ProviderError(slug, { kind: "contract", issues: describeIssues(result.error.issues) });
}

/** Reads the body up to 5 MiB. Throws `contract` beyond, `unavailable` where it breaks off. */
export async function readText(provider: ProviderIdentity, response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > MAX_BODY_BYTES) break;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    throw new ProviderError(provider.slug, { kind: "unavailable" });
  }
  if (size > MAX_BODY_BYTES) {
    throw new ProviderError(provider.slug, { kind: "contract", issues: ["body is too large"] });
  }
  return text + decoder.decode();
}

/** `id` as one segment of a path: `../` and the like cannot leave it. Throws `rejected`. */
export function pathSegment(provider: ProviderIdentity, id: string): string {
  if (/^\.{0,2}$/.test(id)) {
    throw new ProviderError(provider.slug, { kind: "rejected", status: 400 }, "address");
  }
  return encodeURIComponent(id);
}

/** Lets go of a body that nobody reads, so that its connection is free. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** Paths and rules of the deepest branch; zod's messages of unions hide them. */
function describeIssues(issues: readonly z.core.$ZodIssue[], base = ""): string[] {
  return issues.flatMap((issue) => {
    const path = [base, ...issue.path.map(String)].filter(Boolean).join(".");
    if (issue.code === "invalid_union") {
      return describeIssues(issue.errors.at(-1) ?? [], path);
    }
    return [`${path || "body"}: ${rule(issue)}`];
  }).slice(0, 20);
}

function rule(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `not ${issue.expected}`;
    case "invalid_format":
      return `not ${issue.format}`;
    default:
      return issue.code;
  }
}
