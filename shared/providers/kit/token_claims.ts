import type { z } from "zod";
import { fromBase64Url, fromUtf8 } from "../../core/bytes.ts";

/**
 * What a token that is a JWT says of itself; nothing where it is none, or says something else. Its
 * signature is not looked at: it must have come over TLS from its issuer (OpenID Connect Core 3.1.3.7,
 * item 6), as a token answer does.
 */
export function claimsOf<Claims>(token: string, schema: z.ZodType<Claims>): Claims | undefined {
  try {
    const payload = token.split(".")[1] ?? "";
    return schema.safeParse(JSON.parse(fromUtf8(fromBase64Url(payload)))).data;
  } catch {
    return undefined;
  }
}
