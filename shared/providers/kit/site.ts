import { isPublicAddress } from "./address.ts";

/** Names that only mean something inside a network, and top levels that are never public (RFC 6761, 6762). */
const INTERNAL =
  /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|arpa|test|invalid|onion)$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The origin of a person's own server (Nightscout), from what they typed; nothing where we must not go
 * there: https on its own port, a public name and no address, no credentials. The path is dropped.
 *
 * A public name may still resolve to a private address: see `publicOnly`.
 */
export function siteUrl(typed: string): URL | undefined {
  const text = typed.trim();
  if (text.startsWith("/")) return undefined;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`);
  if (!url || url.protocol !== "https:" || url.port !== "") return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  const labels = url.hostname.split(".");
  // A name whose last label is a number is an address to some resolver or other.
  const isPublicName = labels.length >= 2 && url.hostname.length <= 253 &&
    labels.every((label) => LABEL.test(label)) &&
    !/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "") &&
    !INTERNAL.test(url.hostname);
  return isPublicName ? new URL(url.origin) : undefined;
}

/** Every address of a name; none where there is none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/**
 * `fetch` for people's own servers: a name is looked up first, and left alone where any of its addresses
 * is not public. Throws `TypeError`, as for a host that does not answer, so that nobody learns which.
 *
 * `fetch` looks the name up again and cannot be told an address, so a name that changes in between (DNS
 * rebinding) still gets a connection. It gets no request: https goes out only when the other end shows a
 * certificate of that public name, which nothing inside a network has. No redirect is followed, nothing
 * but the person's own token is sent, and the answer is read as data, up to a size.
 */
export function publicOnly(send: typeof fetch, resolve: Resolve): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const addresses = await resolve(new URL(request.url).hostname);
    if (addresses.length === 0 || !addresses.every(isPublicAddress)) {
      throw new TypeError("Cannot reach site: it has no public address");
    }
    return await send(request, init);
  };
}
