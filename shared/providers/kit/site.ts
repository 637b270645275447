/** Names that only mean something inside a network, and top levels that are never public (RFC 6761, 6762). */
const INTERNAL =
  /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|arpa|test|invalid|onion)$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The origin of a person's own server (Nightscout), from what they typed; nothing where we must not go
 * there: https on its own port, a public name and no address, no credentials. The path is dropped.
 *
 * A public name may still resolve to a private address: the function's network must not reach any, and
 * answers are read as data, size-capped, without following redirects and without any secret of ours.
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
