import { serve } from "../../../dev/serve.ts";
import { between, pause } from "./plan.ts";

/** What becomes of a used refresh token. `family`: using one twice ends the whole grant. */
export type RotationMode = "none" | "strict" | "grace" | "until_use" | "family";

/** What is done to an answer after the tokens were rotated; a number stalls it, in milliseconds. */
export type AnswerFault = "drop" | "500" | "truncated" | number;

export interface TokenProviderOptions {
  readonly mode: RotationMode;
  readonly graceMs?: number;
  /** Time between rotation and answer: where a crash hurts. */
  readonly latencyMs?: number;
  /** Asked at each rotation. */
  readonly fault?: (account: string) => AnswerFault | undefined;
}

/** A provider's token endpoint over HTTP, and what it knows: the truth that ours is held against. */
export interface TokenProvider {
  readonly url: string;
  readonly counts: {
    rotations: number;
    /** A refresh token that is not the newest: what a careful client never shows. */
    reuses: number;
    refusals: number;
    faults: number;
  };
  /** Accounts whose answer was spoilt. */
  readonly spoilt: ReadonlySet<string>;
  grant(account: string): { readonly access: string; readonly refresh: string };
  /** Whether this refresh token would be taken now. */
  takes(account: string, refresh: string): boolean;
  /** Answers as ordered until now; from here on only well. */
  heal(): void;
  close(): Promise<void>;
}

interface Grant {
  readonly account: string;
  refresh: string;
  access: string;
  /** The token before: what grace and `until_use` still take. */
  previous?: { readonly token: string; readonly at: number; used: boolean };
  revoked: boolean;
}

export function startTokenProvider(options: TokenProviderOptions): TokenProvider {
  const { mode, graceMs = 30_000, latencyMs = 5 } = options;
  const counts = { rotations: 0, reuses: 0, refusals: 0, faults: 0 };
  const grants = new Map<string, Grant>();
  const spoilt = new Set<string>();
  const issued = new Map<string, Grant>();
  let fault = options.fault;
  let serial = 0;

  function issue(grant: Grant): void {
    grant.access = `test-access-${++serial}`;
    if (mode !== "none") grant.refresh = `test-refresh-${serial}`;
    issued.set(grant.access, grant).set(grant.refresh, grant);
  }

  function forgives(grant: Grant, token: string): boolean {
    if (grant.previous?.token !== token) return false;
    if (mode === "until_use") return !grant.previous.used;
    return mode === "grace" && Date.now() - grant.previous.at <= graceMs;
  }

  const takes = (grant: Grant, token: string) =>
    !grant.revoked && (grant.refresh === token || forgives(grant, token));

  async function token(form: URLSearchParams): Promise<Response> {
    const shown = form.get("refresh_token") ?? "";
    const grant = issued.get(shown);
    if (grant && grant.refresh !== shown) {
      counts.reuses++;
      if (mode === "family") grant.revoked = true;
    }
    if (!grant || !takes(grant, shown)) {
      counts.refusals++;
      return Response.json({ error: "invalid_grant" }, { status: 400 });
    }
    if (mode !== "none") grant.previous = { token: shown, at: Date.now(), used: false };
    issue(grant);
    counts.rotations++;
    const body = JSON.stringify({
      token_type: "bearer",
      access_token: grant.access,
      refresh_token: grant.refresh,
      expires_in: 3_600,
    });
    const order = fault?.(grant.account);
    await pause(between(Math.random, 0.5, 1.5) * latencyMs);
    if (order === undefined) return jsonOf(body);
    if (typeof order === "number") await pause(order);
    counts.faults++;
    if (typeof order === "number") return jsonOf(body);
    spoilt.add(grant.account);
    if (order === "500") return Response.json({ error: "server_error" }, { status: 500 });
    return order === "truncated" ? jsonOf(body.slice(0, body.length / 2)) : jsonOf(broken());
  }

  function use(authorization: string | null): Response {
    const shown = authorization?.replace("Bearer ", "") ?? "";
    const grant = issued.get(shown);
    if (!grant || grant.revoked || grant.access !== shown) {
      return new Response(null, { status: 401 });
    }
    if (grant.previous) grant.previous.used = true;
    return Response.json({ id: grant.account });
  }

  const { url, stop } = serve(
    async (request) =>
      request.method === "POST"
        ? await token(new URLSearchParams(await request.text()))
        : use(request.headers.get("authorization")),
    { onError: () => new Response(null) },
  );
  return {
    url,
    counts,
    spoilt,
    grant(account) {
      const grant: Grant = {
        account,
        refresh: `test-first-${account}`,
        access: "",
        revoked: false,
      };
      grants.set(account, grant);
      issue(grant);
      return { access: grant.access, refresh: grant.refresh };
    },
    takes(account, refresh) {
      const grant = grants.get(account);
      return grant !== undefined && takes(grant, refresh);
    },
    heal() {
      fault = undefined;
    },
    close: stop,
  };
}

function jsonOf(body: BodyInit): Response {
  return new Response(body, { headers: { "content-type": "application/json" } });
}

/** A connection that is torn down in mid-answer. */
function broken(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await pause(10);
      controller.error(new Error("connection torn down on purpose"));
    },
  });
}
