import {
  compactVerify,
  type CompactVerifyGetKey,
  type CompactVerifyResult,
  type JSONWebKeySet,
} from "jose";
import { parseJson } from "../core/json.ts";
import { ProblemError } from "../core/problems.ts";
import { type Claims, claimsSchema, judgeClaims } from "./claims.ts";
import { type FindKey, fixedKeys, type JwksOptions, remoteKeys } from "./jwks.ts";
import { rememberVerified } from "./verified.ts";

/** Who asks, as the project's own signature says. */
export interface Session {
  /** `sub`, a UUID in lower case. */
  readonly userId: string;
  /** Signed in without an account: may look, may not link. */
  readonly anonymous: boolean;
  /** For `request.jwt.claims` of the database. */
  readonly claims: Claims;
}

/** Throws `session_missing`, `session_expired`, `session_invalid`; `unavailable` without keys. */
export type Authenticate = (request: Request) => Promise<Session>;

export interface AuthenticatorOptions extends JwksOptions {
  /** Exactly the `iss` of the project's tokens. */
  readonly issuer: string;
  readonly audience?: string;
  /** The project's public keys, or where they are. */
  readonly jwks: JSONWebKeySet | URL;
  /** Key of the project's legacy JWT secret; absent, HS256 is refused. */
  readonly hs256Secret?: Uint8Array;
}

/**
 * Three segments of canonical base64url. jose also takes white space, padding and stray bits inside them
 * (Wycheproof JWS 360 to 375), which makes many spellings of one token.
 */
const SEGMENT = "(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?";
const COMPACT = new RegExp(`^${SEGMENT}\\.${SEGMENT}\\.${SEGMENT}$`);
/** RFC 9110 11.1: the scheme in any case. What follows is judged by `COMPACT`. */
const BEARER = /^bearer +(\S+)$/i;
const MAX_TOKEN_LENGTH = 8_192;
const ASYMMETRIC = ["ES256", "RS256"];

/**
 * Tells who sent a request, by the bearer token alone: the `apikey` header names a project, not a
 * person, and the anonymous and service keys of a project are no session.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { issuer, audience = "authenticated", hs256Secret } = options;
  const now = options.now ?? (() => new Date());
  if (hs256Secret && hs256Secret.length < 32) {
    throw new Error("Cannot verify HS256: the secret is shorter than 32 bytes");
  }
  const verify = createVerifier(
    options.jwks instanceof URL ? remoteKeys(options.jwks, options) : fixedKeys(options.jwks),
    hs256Secret,
  );
  const verifiedClaims = rememberVerified(
    async (token) => readClaims((await verify(token)).payload),
    now,
  );

  return async (request) => {
    const header = request.headers.get("authorization")?.trim();
    if (!header) throw new ProblemError("session_missing", "Cannot answer: not signed in");
    const token = BEARER.exec(header)?.[1];
    if (!token) throw invalid();
    const claims = await verifiedClaims(token);
    const nowSeconds = now().getTime() / 1_000;
    const verdict = judgeClaims(claims, { issuer, audience, nowSeconds });
    if (verdict === "invalid") throw invalid();
    if (verdict === "expired") {
      throw new ProblemError("session_expired", "Cannot use the session: token expired");
    }
    return { userId: claims.sub, anonymous: claims.is_anonymous === true, claims };
  };
}

/**
 * The signature and nothing else: a compact JWS of at most 8 KiB, signed with a listed algorithm by the
 * key its `kid` names. HS256 has its one key, whatever `kid` says, so no public key can be taken for it.
 */
export function createVerifier(
  find: FindKey,
  hs256Secret?: Uint8Array,
): (token: string) => Promise<CompactVerifyResult> {
  const algorithms = hs256Secret ? [...ASYMMETRIC, "HS256"] : ASYMMETRIC;
  const key: CompactVerifyGetKey = (header, token) => {
    if (header.alg === "HS256" && hs256Secret) return hs256Secret;
    if (!header.kid) throw invalid();
    return find(header, token);
  };
  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH || !COMPACT.test(token)) throw invalid();
    try {
      const verified = await compactVerify(token, key, { algorithms });
      // `typ` of another token kind, and extensions (`b64: false` is one) that JWTs do not have.
      const { typ, crit } = verified.protectedHeader;
      if (crit !== undefined || (typ !== undefined && typ.toUpperCase() !== "JWT")) throw invalid();
      return verified;
    } catch (error) {
      throw error instanceof ProblemError ? error : invalid();
    }
  };
}

function readClaims(payload: Uint8Array): Claims {
  try {
    return claimsSchema.parse(parseJson(payload));
  } catch {
    throw invalid();
  }
}

/** One answer for every reason: the sender of a bad token learns nothing from it. */
function invalid(): ProblemError {
  return new ProblemError("session_invalid", "Cannot use the session: token not valid");
}
