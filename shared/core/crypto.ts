import {
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import { type Bytes, toBase64Url, utf8 } from "./bytes.ts";

/** SHA-256 of `data`; a string counts as its UTF-8 bytes. */
export function sha256(data: Uint8Array | string): Bytes {
  return new Uint8Array(createHash("sha256").update(data).digest());
}

/** SHA-256 as 64 lower-case hexadecimal digits: how states, tickets and other one-time keys are stored. */
export function sha256Hex(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** A secret made ready for `hmac`: worth it where it signs often, for 5 of 12 µs go into that. */
export type HmacKey = KeyObject;

export function hmacKey(secret: string): HmacKey {
  return createSecretKey(secret, "utf8");
}

/** HMAC over the concatenation of `parts`. SHA-1 is for Fitbit's and Withings' sake alone. */
export function hmac(
  hash: "SHA-256" | "SHA-1",
  key: HmacKey | Uint8Array | string,
  ...parts: readonly (Uint8Array | string)[]
): Bytes {
  const mac = createHmac(hash === "SHA-256" ? "sha256" : "sha1", key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
}

/**
 * Whether `a` and `b` are the same, in a time that tells nothing about where they differ. Bytes are MACs,
 * whose length is public; of text the digests are compared, so that its length stays unknown too.
 */
export function constantTimeEqual(a: Uint8Array | string, b: Uint8Array | string): boolean {
  if (typeof a !== "string" && typeof b !== "string") {
    return a.length === b.length && timingSafeEqual(a, b);
  }
  return timingSafeEqual(sha256(a), sha256(b));
}

/** Bytes of the system's generator. */
export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** 256 random bits as 43 characters of base64url: states, tickets, references, PKCE verifiers. */
export function randomToken(): string {
  return toBase64Url(randomBytes(32));
}

/** The S256 challenge of a PKCE verifier, RFC 7636 section 4.2; throws on a malformed verifier. */
export function pkceChallenge(verifier: string): string {
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) {
    throw new Error("Cannot make PKCE challenge: malformed verifier");
  }
  return toBase64Url(sha256(utf8(verifier)));
}
