import type { z } from "zod";
import { type Bytes, fromBase64, fromHex } from "../../core/bytes.ts";
import { constantTimeEqual, hmac, type HmacKey, hmacKey } from "../../core/crypto.ts";
import { parseJson as parseStrictJson } from "../../core/json.ts";
import type { Secret } from "../../core/secret.ts";
import { ProviderError } from "../errors.ts";
import type { RawRequest, Webhook } from "../webhook.ts";
import { check, type ProviderIdentity } from "./http.ts";

export interface HmacScheme {
  readonly hash: "SHA-256" | "SHA-1";
  /** The header that holds the signature, or the whole list where `list` is given. */
  readonly header: string;
  /** `hex` is read in either case. */
  readonly encoding: "hex" | "base64";
  /**
   * Names inside a header such as `t=1,v1=ab,v1=cd`: exactly one timestamp, any signature may match,
   * other names are ignored. Without it the header holds one signature, and a header sent twice fails.
   */
  readonly list?: { readonly timestamp: string; readonly signature: string };
  readonly timestamp?: {
    /** The header of its own it comes in; not needed with `list`. */
    readonly header?: string;
    /** `either` tells by the digits: ten are seconds, thirteen milliseconds. */
    readonly unit: "s" | "ms" | "either";
    readonly toleranceSeconds: number;
  };
  /** What is signed, in order; nothing refuses the request. */
  message(request: RawRequest, timestamp: string): readonly (string | Bytes)[] | undefined;
  /** The key made from the secret; default the secret itself. */
  key?(secret: string): string;
}

/** A `verifyWebhook` over raw bytes: any active secret may match, and time tells nothing about where. */
export function hmacSignature(scheme: HmacScheme): Webhook["verifyWebhook"] {
  const keys = new WeakMap<Secret, HmacKey>();
  function keyOf(secret: Secret): HmacKey {
    const known = keys.get(secret);
    if (known) return known;
    const key = hmacKey(scheme.hash, scheme.key?.(secret.reveal()) ?? secret.reveal());
    keys.set(secret, key);
    return key;
  }

  return (request, secrets, now) => {
    const sent = read(scheme, request.headers);
    if (!sent || !isFresh(scheme.timestamp, sent.timestamp, now)) return Promise.resolve(false);
    const message = scheme.message(request, sent.timestamp);
    if (!message) return Promise.resolve(false);
    let matches = false;
    for (const secret of secrets.signing) {
      const expected = hmac(scheme.hash, keyOf(secret), ...message);
      // Every pair is compared, so that the time does not tell which secret or signature matched.
      for (const signature of sent.signatures) {
        if (constantTimeEqual(expected, signature)) matches = true;
      }
    }
    return Promise.resolve(matches);
  };
}

interface Sent {
  readonly timestamp: string;
  readonly signatures: readonly Bytes[];
}

/** More signatures than a rotation can explain are an attempt to keep us busy. */
const MAX_SIGNATURES = 8;

function read(scheme: HmacScheme, headers: Headers): Sent | undefined {
  const header = headers.get(scheme.header);
  if (header === null) return undefined;
  if (!scheme.list) {
    const signature = decode(header, scheme.encoding);
    const timestampHeader = scheme.timestamp?.header;
    const timestamp = timestampHeader === undefined ? "" : headers.get(timestampHeader);
    return signature && timestamp !== null ? { timestamp, signatures: [signature] } : undefined;
  }
  const timestamps: string[] = [];
  const signatures: Bytes[] = [];
  for (const part of header.split(",")) {
    const [name, value = ""] = part.trim().split("=", 2);
    if (name === scheme.list.timestamp) timestamps.push(value);
    if (name !== scheme.list.signature) continue;
    const signature = decode(value, scheme.encoding);
    if (signature) signatures.push(signature);
  }
  const [timestamp] = timestamps;
  if (timestamp === undefined || timestamps.length > 1) return undefined;
  if (signatures.length === 0 || signatures.length > MAX_SIGNATURES) return undefined;
  return { timestamp, signatures };
}

function decode(text: string, encoding: HmacScheme["encoding"]): Bytes | undefined {
  try {
    return encoding === "hex" ? fromHex(text) : fromBase64(text);
  } catch {
    return undefined;
  }
}

/** Digits only: `1e9`, `-1` and ` 1` are numbers to JavaScript, and no time a provider signs. */
function isFresh(rule: HmacScheme["timestamp"], timestamp: string, now: Date): boolean {
  if (!rule) return true;
  const isSeconds = /^\d{10}$/.test(timestamp) && rule.unit !== "ms";
  const isMilliseconds = /^\d{13}$/.test(timestamp) && rule.unit !== "s";
  if (!isSeconds && !isMilliseconds) return false;
  const at = Number(timestamp) * (isSeconds ? 1_000 : 1);
  return Math.abs(now.getTime() - at) <= rule.toleranceSeconds * 1_000;
}

const MAX_CHALLENGE_CHARS = 1_024;

/** The handshake `GET ?<token>=…&<challenge>=…`: the right token gets the challenge back as JSON. */
export function echoChallenge(
  p: { readonly token: string; readonly challenge: string },
): NonNullable<Webhook["handshake"]> {
  return (request, { verifyToken }) => {
    const challenge = request.url.searchParams.get(p.challenge);
    if (request.method !== "GET" || challenge === null || !verifyToken) {
      return Promise.resolve(undefined);
    }
    const token = request.url.searchParams.get(p.token) ?? "";
    const accepted = constantTimeEqual(token, verifyToken.reveal()) &&
      challenge.length <= MAX_CHALLENGE_CHARS;
    return Promise.resolve(
      accepted ? Response.json({ [p.challenge]: challenge }) : new Response(null, { status: 403 }),
    );
  };
}

/** The delivery's JSON body, checked. Throws `contract` with paths and no value. */
export function parseJson<T>(
  provider: Pick<ProviderIdentity, "slug">,
  request: RawRequest,
  schema: z.ZodType<T>,
): T {
  let body: unknown;
  try {
    body = parseStrictJson(request.body);
  } catch {
    throw new ProviderError(provider.slug, { kind: "contract", issues: ["body is not JSON"] });
  }
  return check(provider.slug, schema, body);
}
