/** What a request is answered with, before it is a `Response`. */
export interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function toResponse({ status, body, headers = {} }: Answer): Response {
  return new Response(body ?? null, { status, headers });
}
