import { type Bytes, fromBase64, toBase64 } from "./bytes.ts";
import { Secret } from "./secret.ts";

export const KID = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * Reads `kid:base64,kid:base64` into master keys. Returns what is wrong with it instead of throwing,
 * in words that name key ids and never a key: configuration reports every problem at once.
 */
export function parseMasterKeys(
  text: string,
): { readonly masters: ReadonlyMap<string, Secret>; readonly problems: readonly string[] } {
  const masters = new Map<string, Secret>();
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const entry of text.split(",").map((part) => part.trim()).filter(Boolean)) {
    const colon = entry.indexOf(":");
    const kid = entry.slice(0, Math.max(colon, 0));
    if (!KID.test(kid)) {
      problems.push("has an entry without a key id of 1 to 32 letters, digits, _ or -");
      continue;
    }
    const key = readKey(entry.slice(colon + 1));
    if (typeof key === "string") problems.push(`key ${kid} ${key}`);
    else if (masters.has(kid)) problems.push(`names key ${kid} twice`);
    else if (seen.has(toBase64(key))) problems.push(`key ${kid} has the bytes of another`);
    else {
      seen.add(toBase64(key));
      masters.set(kid, new Secret(toBase64(key)));
    }
  }
  if (masters.size === 0 && problems.length === 0) problems.push("holds no key");
  return { masters, problems };
}

function readKey(base64: string): Bytes | string {
  let key: Bytes;
  try {
    key = fromBase64(base64);
  } catch {
    return "is not base64";
  }
  if (key.length !== 32) return `has ${key.length} bytes, not 32`;
  // A key somebody typed or zeroed, not one that was drawn: 32 random bytes hold 30 values on average,
  // and fewer than 16 in about one of 10^15 draws.
  if (new Set(key).size < 16) return "is not random";
  return key;
}
