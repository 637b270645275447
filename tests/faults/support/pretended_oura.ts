import { PROVIDERS } from "@shared/providers/mod.ts";
import { serve } from "../../../dev/serve.ts";

/** A request for `daily_sleep`, as this Oura understands it. */
export interface Asked {
  /** Whose token it carried. */
  readonly person: string;
  /** The document, where one was named. */
  readonly id?: string;
  /** First day of the window: the driver asks from a day before. */
  readonly day: string;
  readonly next?: string;
  /** Ends with the test: an answer that never comes waits for it. */
  readonly closing: AbortSignal;
}

export interface PretendedOura {
  /** `PROVIDER_ORIGINS` that lead here. */
  readonly origins: string;
  stop(): Promise<void>;
}

/** An Oura of a test's own over real HTTP; `answer` may be late, broken or without end. */
export function startOura(answer: (asked: Asked) => Response | Promise<Response>): PretendedOura {
  const closing = new AbortController();
  const server = serve(
    (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const id = /\/daily_sleep\/(.+)$/.exec(pathname)?.[1];
      const next = searchParams.get("next_token");
      return answer({
        person: request.headers.get("authorization")?.replace("Bearer ", "") ?? "",
        ...(id === undefined ? {} : { id: decodeURIComponent(id) }),
        day: dayAfter(searchParams.get("start_date") ?? "2000-01-01"),
        ...(next === null ? {} : { next }),
        closing: closing.signal,
      });
    },
    { onError: () => new Response(null) },
  );
  const { hosts = [] } = PROVIDERS.find(({ slug }) => slug === "oura") ?? {};
  return {
    origins: hosts.map((host) => `https://${host}=${server.url}`).join(","),
    async stop() {
      closing.abort();
      await server.stop();
    },
  };
}

/** A night's document: `score` is the one metric of it. */
export function night(id: string, day: string, score: number) {
  return { id, day, score, contributors: {}, timestamp: `${day}T00:00:00+00:00` };
}

export function list(data: readonly unknown[], next: string | null = null): Response {
  return Response.json({ data, next_token: next });
}

export function dayAfter(day: string, days = 1): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Resolves when the test ends. */
export function ended(closing: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (closing.aborted) resolve();
    closing.addEventListener("abort", () => resolve());
  });
}
