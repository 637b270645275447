/** Signatures of Google's Tink: ECDSA P-256 over SHA-256, DER, by a key of a published keyset. */
import { z } from "zod";
import { type Bytes, concat, fromBase64 } from "../../core/bytes.ts";
import type { Webhook } from "../webhook.ts";

const keyset = z.looseObject({
  key: z.array(z.looseObject({
    keyId: z.number(),
    status: z.string(),
    outputPrefixType: z.string(),
    keyData: z.looseObject({ typeUrl: z.string(), value: z.base64() }),
  })).max(64),
});

const ECDSA_TYPE = "type.googleapis.com/google.crypto.tink.EcdsaPublicKey";
/** `0x01`, then the key's id in four bytes, big-endian. */
const PREFIX_BYTES = 5;
const COORDINATE_BYTES = 32;

/** Verifies the base64 signature in `header` by `secrets.keyset`; an unknown key asks for fresh ones. */
export function tinkSignature(header: string): Webhook["verifyWebhook"] {
  return async ({ headers, body }, secrets) => {
    const signature = bytesOf(headers.get(header));
    if (!signature || signature[0] !== 1) return false;
    const id = new DataView(signature.buffer).getUint32(1);
    const raw = rawSignature(signature.subarray(PREFIX_BYTES));
    if (!raw) return false;
    const key = await findKey(id, await secrets.keyset?.()) ??
      await findKey(id, await secrets.keyset?.(true));
    if (!key) return false;
    // A published point that lies on no curve is found out here, on Deno 2.9 by an exception.
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw, body)
      .catch(() => false);
  };
}

async function findKey(id: number, published: unknown): Promise<CryptoKey | undefined> {
  const found = keyset.safeParse(published).data?.key.find((one) =>
    one.keyId === id && one.status === "ENABLED" && one.outputPrefixType === "TINK" &&
    one.keyData.typeUrl === ECDSA_TYPE
  );
  const point = found && publicPoint(fromBase64(found.keyData.value));
  if (!point) return undefined;
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return await crypto.subtle.importKey("raw", point, algorithm, false, ["verify"])
    .catch(() => undefined);
}

/**
 * The uncompressed point of Tink's `EcdsaPublicKey`, a protocol buffer: field 2 says hash, curve and
 * encoding (each a field of its own), 3 is x and 4 is y.
 */
function publicPoint(message: Bytes): Bytes | undefined {
  const { 3: x, 4: y } = lengthDelimited(message);
  if (!x || !y) return undefined;
  const [left, right] = [coordinate(x), coordinate(y)];
  return left && right && concat(Uint8Array.of(4), left, right);
}

/** The length-delimited fields of a small protocol buffer; other fields are skipped. */
function lengthDelimited(message: Bytes): Readonly<Record<number, Bytes>> {
  const fields: Record<number, Bytes> = {};
  let at = 0;
  while (at < message.length) {
    const tag = message[at++] ?? 0;
    if ((tag & 7) === 0) {
      while ((message[at++] ?? 0) & 0x80);
      continue;
    }
    // No field of a key is longer than 127 bytes, so a length is one byte.
    const length = message[at++] ?? 0x80;
    if ((tag & 7) !== 2 || length > 0x7f || at + length > message.length) return {};
    fields[tag >> 3] = message.slice(at, at + length);
    at += length;
  }
  return fields;
}

/** `r` and `s` of a DER sequence side by side, as Web Crypto wants them; nothing where it is no such. */
function rawSignature(der: Uint8Array): Bytes | undefined {
  const [sequence, length, ...rest] = der;
  if (sequence !== 0x30 || length !== rest.length || length > 0x7f) return undefined;
  const r = integerAt(rest, 0);
  const s = r && integerAt(rest, r.end);
  if (!r || !s || s.end !== rest.length) return undefined;
  const [left, right] = [coordinate(r.bytes), coordinate(s.bytes)];
  return left && right && concat(left, right);
}

function integerAt(der: readonly number[], at: number) {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  if (der[at] !== 0x02 || length === 0 || end > der.length) return undefined;
  return { bytes: Uint8Array.from(der.slice(at + 2, end)), end };
}

/** A big-endian number in exactly 32 bytes: DER and Tink may pad with a zero or leave zeros out. */
function coordinate(number: Uint8Array): Bytes | undefined {
  const firstDigit = number.findIndex((byte) => byte !== 0);
  const digits = firstDigit < 0 ? new Uint8Array(0) : number.slice(firstDigit);
  if (digits.length > COORDINATE_BYTES) return undefined;
  return concat(new Uint8Array(COORDINATE_BYTES - digits.length), digits);
}

function bytesOf(base64: string | null): Bytes | undefined {
  try {
    const bytes = base64 === null ? undefined : fromBase64(base64);
    return bytes && bytes.length > PREFIX_BYTES ? bytes : undefined;
  } catch {
    return undefined;
  }
}
