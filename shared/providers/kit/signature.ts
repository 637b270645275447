/** How deliveries prove themselves where it is not one HMAC in one header (`hmacSignature`). */
import { type Bytes, fromBase64 } from "../../core/bytes.ts";
import { constantTimeEqual, hmac } from "../../core/crypto.ts";
import { parseJson } from "../../core/json.ts";
import type { Secret } from "../../core/secret.ts";
import type { RawRequest, Webhook } from "../webhook.ts";

type Verify = Webhook["verifyWebhook"];

/** More signatures than a rotation can explain are an attempt to keep us busy. */
const MAX_SIGNATURES = 8;
const TOLERANCE_MS = 300_000;

/**
 * Standard Webhooks 1.0.0, as Svix sends it: `<id>.<seconds>.<body>`, the key in base64 after `whsec_`,
 * and `v1,<base64>` signatures with spaces between. `prefix` is that of the three headers.
 */
export function standardWebhook(prefix: "svix" | "webhook"): Verify {
  return ({ headers, body }, { signing }, now) => {
    const id = headers.get(`${prefix}-id`);
    const timestamp = headers.get(`${prefix}-timestamp`) ?? "";
    const age = now.getTime() - Number(timestamp) * 1_000;
    // A dot in the id could pass part of it off as the time.
    const isId = id !== null && /^[^.]+$/.test(id);
    if (!isId || !/^\d{10}$/.test(timestamp) || Math.abs(age) > TOLERANCE_MS) {
      return Promise.resolve(false);
    }
    const list = headers.get(`${prefix}-signature`) ?? "";
    // A header that is sent twice: nothing in a list ends with a comma.
    if (list.includes(", ")) return Promise.resolve(false);
    const sent = list.split(" ")
      .flatMap((part) => part.startsWith("v1,") ? decoded(part.slice(3)) : []);
    if (sent.length > MAX_SIGNATURES) return Promise.resolve(false);
    let matches = false;
    for (const secret of signing) {
      for (const key of decoded(secret.reveal().replace(/^whsec_/, ""))) {
        const expected = hmac("SHA-256", key, `${id}.${timestamp}.`, body);
        for (const signature of sent) if (constantTimeEqual(expected, signature)) matches = true;
      }
    }
    return Promise.resolve(matches);
  };
}

function decoded(base64: string): readonly Bytes[] {
  try {
    return [fromBase64(base64)];
  } catch {
    return [];
  }
}

/** The secret is the last part of the address we registered: for providers that sign nothing. */
export function pathSecret(): Verify {
  return ({ url }, { signing }) =>
    Promise.resolve(isOneOf(signing, decodeURIComponent(url.pathname.split("/").at(-1) ?? "")));
}

/** The secret stands in the body, at `read` (Wahoo's `webhook_token`). */
export function bodySecret(read: (body: unknown) => unknown): Verify {
  return (request, { signing }) => {
    const sent = read(jsonOf(request));
    return Promise.resolve(typeof sent === "string" && isOneOf(signing, sent));
  };
}

/** The secret is a header's whole value (Google Health's `authorization`). */
export function headerSecret(name: string): Verify {
  return ({ headers }, { signing }) => Promise.resolve(isOneOf(signing, headers.get(name) ?? ""));
}

/** A header names our client (Garmin's `garmin-client-id`): no secret, but another's news is not ours. */
export function clientHeader(name: string): Verify {
  return ({ headers }, { clientId }) =>
    Promise.resolve(clientId === undefined || headers.get(name) === clientId);
}

/** All of them must hold; each is asked, so that the time tells nothing about which one failed. */
export function every(...verifiers: readonly Verify[]): Verify {
  return async (...delivery) => {
    const results = await Promise.all(verifiers.map((verify) => verify(...delivery)));
    return results.every(Boolean);
  };
}

function isOneOf(secrets: readonly Secret[], sent: string): boolean {
  let matches = false;
  for (const secret of secrets) if (constantTimeEqual(secret.reveal(), sent)) matches = true;
  return matches && sent !== "";
}

function jsonOf({ body }: RawRequest): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}
