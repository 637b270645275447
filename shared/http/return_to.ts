/**
 * Where to send a person back, if `input` is an address of one of `origins` in the one form that every
 * URL parser reads alike; else nothing. No other port, user, fragment (it would carry the ticket into the
 * history), control character or second spelling gets through. Ask at the start and before the redirect.
 */
export function canonicalReturnTo(input: unknown, origins: readonly string[]): URL | undefined {
  if (typeof input !== "string" || input.length > 512 || !/^[!-[\]-~]+$/.test(input)) {
    return undefined;
  }
  const url = URL.parse(input);
  if (!url || (url.href !== input && url.href !== `${input}/`)) return undefined;
  // `startsWith` keeps out `blob:https://…`, whose origin is that of the URL inside it.
  const plain = url.href.startsWith(`${url.origin}/`) && !input.includes("#");
  return plain && origins.includes(url.origin) ? url : undefined;
}
