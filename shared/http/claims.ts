import { z } from "zod";

/** Between our clock and the issuer's. */
export const SKEW_SECONDS = 30;
/** No session of a person lives longer; keys of the project do, and are no session. */
const MAX_LIFETIME_SECONDS = 7 * 86_400;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NIL = "00000000-0000-0000-0000-000000000000";

const seconds = z.number().int().nonnegative();

/**
 * Claims of a signed-in person as Supabase issues them. What we do not name is dropped, above all
 * `user_metadata`, which the person can write: no rule of ours or of the database ever sees it.
 */
export const claimsSchema = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  sub: z.string().regex(UUID).transform((sub) => sub.toLowerCase()).refine((sub) => sub !== NIL),
  role: z.literal("authenticated"),
  exp: seconds,
  iat: seconds,
  nbf: seconds.optional(),
  is_anonymous: z.boolean().optional(),
  session_id: z.string().optional(),
  aal: z.string().optional(),
  amr: z.array(z.unknown()).optional(),
});

export type Claims = z.output<typeof claimsSchema>;

export interface ExpectedClaims {
  readonly issuer: string;
  readonly audience: string;
  readonly nowSeconds: number;
}

/** Whether the claims hold now; `expired` only where everything else does. */
export function judgeClaims(
  claims: Claims,
  { issuer, audience, nowSeconds }: ExpectedClaims,
): "valid" | "expired" | "invalid" {
  const audiences = typeof claims.aud === "string" ? [claims.aud] : claims.aud;
  const holds = claims.iss === issuer &&
    audiences.includes(audience) &&
    claims.iat <= nowSeconds + SKEW_SECONDS &&
    (claims.nbf ?? 0) <= nowSeconds + SKEW_SECONDS &&
    claims.exp - claims.iat <= MAX_LIFETIME_SECONDS;
  if (!holds) return "invalid";
  return claims.exp > nowSeconds - SKEW_SECONDS ? "valid" : "expired";
}
