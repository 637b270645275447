/** Signs what Supabase Auth signs: sessions of people and the project's keys, all ES256. */
import { importJWK, type JWK, jwtVerify, SignJWT } from "jose";

export const TOKEN_SECONDS = 3_600;
const TEN_YEARS = 315_360_000;

export interface SessionClaims {
  readonly sub: string;
  readonly email: string;
  readonly session_id: string;
  /** Epoch seconds of the sign-in; a refresh keeps it. */
  readonly signedInAt: number;
  /** Signed in without an account. */
  readonly anonymous?: true;
}

export interface Tokens {
  /** Public half, as `/.well-known/jwks.json` gives it. */
  readonly jwks: { readonly keys: readonly JWK[] };
  /** What a client sends as `apikey`; as a bearer it is nobody's session. */
  readonly anonKey: string;
  session(claims: SessionClaims): Promise<{ readonly token: string; readonly expiresAt: number }>;
  /** The person and session of a live token of ours; nothing for any other. */
  read(token: string): Promise<{ readonly sub: string; readonly sessionId: string } | undefined>;
  /** Whether `key` is a key of this project. */
  isProjectKey(key: string): Promise<boolean>;
}

export async function createTokens(signing: JWK, issuer: string): Promise<Tokens> {
  const key = await importJWK(signing, "ES256");
  const { d: _, ...publicJwk } = signing;
  const verifyKey = await importJWK(publicJwk, "ES256");
  const header = { alg: "ES256", typ: "JWT", ...(signing.kid ? { kid: signing.kid } : {}) };
  const sign = (claims: Record<string, unknown>, iat: number, seconds: number) =>
    new SignJWT(claims).setProtectedHeader(header).setIssuedAt(iat).setExpirationTime(iat + seconds)
      .sign(key);
  const verify = async (token: string) => {
    try {
      return (await jwtVerify(token, verifyKey, { algorithms: ["ES256"] })).payload;
    } catch {
      return undefined;
    }
  };

  return {
    jwks: { keys: [{ ...publicJwk, key_ops: ["verify"] }] },
    anonKey: await sign({ iss: "supabase", ref: "local", role: "anon" }, now(), TEN_YEARS),
    async session({ sub, email, session_id, signedInAt, anonymous = false }) {
      const iat = now();
      const token = await sign(
        {
          iss: issuer,
          sub,
          aud: "authenticated",
          email,
          phone: "",
          app_metadata: { provider: "email", providers: ["email"] },
          user_metadata: { email_verified: true },
          role: "authenticated",
          aal: "aal1",
          amr: [{ method: "password", timestamp: signedInAt }],
          session_id,
          is_anonymous: anonymous,
        },
        iat,
        TOKEN_SECONDS,
      );
      return { token, expiresAt: iat + TOKEN_SECONDS };
    },
    async read(token) {
      const payload = await verify(token);
      const sessionId = payload?.["session_id"];
      if (payload?.iss !== issuer || !payload.sub || typeof sessionId !== "string") {
        return undefined;
      }
      return { sub: payload.sub, sessionId };
    },
    async isProjectKey(candidate) {
      return (await verify(candidate))?.iss === "supabase";
    },
  };
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}
