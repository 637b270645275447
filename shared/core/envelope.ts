import {
  type Bytes,
  concat,
  fromBase64,
  fromBase64Url,
  fromUtf8,
  toBase64Url,
  utf8,
} from "./bytes.ts";
import { randomBytes } from "./crypto.ts";
import { Secret } from "./secret.ts";

/** Where a sealed value lives. It opens there and nowhere else. */
export interface SealContext {
  readonly table: string;
  readonly column: string;
  /** The row's own key: an account id, a state's hash. Also separates the derived keys. */
  readonly connectionId: string;
  readonly userId: string;
  readonly provider: string;
  /** Goes up with each rewrite, so that an older ciphertext cannot be put back. */
  readonly tokenVersion: number;
}

export interface VaultKeys {
  /** Id of the key that seals. */
  readonly active: string;
  /** Every key that opens, by id: base64 of 32 bytes, hidden from logs. See `parseMasterKeys`. */
  readonly masters: ReadonlyMap<string, Secret>;
}

export interface Vault {
  readonly activeKid: string;
  /** `v1.<kid>.<iv>.<ciphertext and tag>`, the last two as base64url. */
  seal(context: SealContext, plaintext: Secret): Promise<string>;
  /** Throws one and the same error whatever is wrong: the key, the place, the text. */
  open(context: SealContext, envelope: string): Promise<Secret>;
  /** Id of the key that `envelope` needs and this vault does not hold; nothing where it does. */
  missingKey(envelope: string): string | undefined;
}

const ENVELOPE = /^v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22,})$/;
const IV_BYTES = 12;
const AAD_LABEL = "hc-tok-v1";
const DEK_LABEL = "hc-dek-v1";

/**
 * AES-256-GCM under a key of each row's own: HKDF-SHA256(master, salt = connection id). A random
 * 96-bit IV is then safe for 2^32 seals a row (SP 800-38D 8.3); a refresh every minute takes 8,000
 * years to get there, so nothing is counted.
 */
export function createVault(keys: VaultKeys): Vault {
  const masters = new Map<string, Promise<CryptoKey>>();
  for (const [kid, key] of keys.masters) {
    const bytes = fromBase64(key.reveal());
    masters.set(kid, crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey"]));
  }
  if (!masters.has(keys.active)) throw new Error("Cannot make vault: active key is not in the set");

  async function rowKey(kid: string, context: SealContext): Promise<CryptoKey> {
    const master = await masters.get(kid);
    if (!master) throw new Error("Cannot derive key: unknown key id");
    return await crypto.subtle.deriveKey(
      {
        name: "HKDF",
        hash: "SHA-256",
        salt: utf8(context.connectionId),
        info: utf8(`${DEK_LABEL}|${kid}`),
      },
      master,
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt", "decrypt"],
    );
  }

  return {
    activeKid: keys.active,

    async seal(context, plaintext) {
      const kid = keys.active;
      const iv = randomBytes(IV_BYTES);
      const sealed = await crypto.subtle.encrypt(
        { name: "AES-GCM", iv, additionalData: additionalData(kid, context) },
        await rowKey(kid, context),
        utf8(plaintext.reveal()),
      );
      return `v1.${kid}.${toBase64Url(iv)}.${toBase64Url(new Uint8Array(sealed))}`;
    },

    async open(context, envelope) {
      try {
        const [, kid = "", iv = "", sealed = ""] = ENVELOPE.exec(envelope) ?? [];
        const plaintext = await crypto.subtle.decrypt(
          {
            name: "AES-GCM",
            iv: fromBase64Url(iv),
            additionalData: additionalData(kid, context),
          },
          await rowKey(kid, context),
          fromBase64Url(sealed),
        );
        return new Secret(fromUtf8(new Uint8Array(plaintext)));
      } catch {
        // The cause is dropped on purpose: telling a wrong key from a wrong tag is an oracle.
        throw new Error("Cannot open sealed value: wrong key, wrong place or damaged");
      }
    },

    missingKey(envelope) {
      const kid = ENVELOPE.exec(envelope)?.[1];
      return kid === undefined || masters.has(kid) ? undefined : kid;
    },
  };
}

/** Each field behind its length, so that no two different contexts give the same bytes. */
function additionalData(kid: string, context: SealContext): Bytes {
  const fields = [
    AAD_LABEL,
    kid,
    context.table,
    context.column,
    context.connectionId,
    context.userId,
    context.provider,
    String(context.tokenVersion),
  ];
  return concat(...fields.flatMap((field) => {
    const bytes = utf8(field);
    if (bytes.length > 0xffff) throw new Error("Cannot seal value: context field too long");
    return [Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes];
  }));
}
