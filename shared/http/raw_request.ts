import type { Bytes } from "../core/bytes.ts";
import { type BodyLimits, readBody } from "./body.ts";
import { requireMediaType } from "./media_type.ts";

/** A request as its signature covers it: nothing decoded, nothing parsed. */
export interface RawRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Bytes;
}

export interface RawRequestLimits extends BodyLimits {
  readonly mediaTypes?: readonly string[];
}

/** Only a POST has a body. Throws `media_type_unsupported` and what `readBody` throws. */
export async function readRawRequest(
  request: Request,
  limits: RawRequestLimits,
): Promise<RawRequest> {
  const { method, headers } = request;
  if (method === "POST") requireMediaType(headers, limits.mediaTypes);
  const body = method === "POST" ? await readBody(request, limits) : new Uint8Array(0);
  return new Raw(request.url, method, headers, body);
}

/** A class: a getter of an object literal would keep the request alive (decision 19). */
class Raw implements RawRequest {
  readonly #url: string;

  constructor(
    url: string,
    readonly method: string,
    readonly headers: Headers,
    readonly body: Bytes,
  ) {
    this.#url = url;
  }

  /** Few signatures cover it, and parsing it takes 3 µs. */
  get url(): URL {
    return new URL(this.#url);
  }
}
