import { parseJson } from "../../core/json.ts";
import { discard, type ProviderIdentity, readText } from "./http.ts";

/**
 * A `conform` for providers that answer 200 and mean the `status` inside (Withings): the answer with the
 * HTTP status that `statusOf` gives it. What holds no number there is left as it is.
 */
export function innerStatus(
  provider: Pick<ProviderIdentity, "slug" | "hosts">,
  statusOf: (inner: number) => number,
): (response: Response) => Promise<Response> {
  return async (response) => {
    if (!response.ok) return response;
    const text = await readText(provider, response);
    await discard(response);
    const inner = statusIn(text);
    const status = inner === undefined ? response.status : statusOf(inner);
    return new Response(text, { status, headers: response.headers });
  };
}

function statusIn(text: string): number | undefined {
  try {
    const body = parseJson(text);
    if (typeof body !== "object" || body === null || !("status" in body)) return undefined;
    return typeof body.status === "number" ? body.status : undefined;
  } catch {
    return undefined;
  }
}
