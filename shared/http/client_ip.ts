/** Stands for every address that cannot be believed: one bucket, never a fresh one a value. */
export const UNKNOWN_NETWORK = "unknown";

/**
 * The network a request came from, as the last trusted proxy wrote it: `trustedHops` from the right end
 * of `x-forwarded-for`, because what stands further left is the caller's own writing. IPv6 counts by its
 * /64, since one host has that many addresses. Other headers are never read.
 */
export function clientNetwork(headers: Headers, trustedHops: number): string {
  const hops = (headers.get("x-forwarded-for") ?? "").split(",").map((hop) => hop.trim())
    .filter((hop) => hop !== "");
  const address = hops.at(-trustedHops);
  if (trustedHops < 1 || address === undefined) return UNKNOWN_NETWORK;
  return ipv4(withoutPort(address)) ?? ipv6Network(withoutPort(address)) ?? UNKNOWN_NETWORK;
}

/** `203.0.113.7:5555` and `[2001:db8::1]:443` without their ports. */
function withoutPort(address: string): string {
  const match = /^\[([^\]]+)\](?::\d+)?$/.exec(address) ?? /^([\d.]+):\d+$/.exec(address);
  return match?.[1] ?? address;
}

/** Dotted decimal without leading zeros, which some readers take for octal. */
function ipv4(text: string): string | undefined {
  const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  return new RegExp(`^${octet}(?:\\.${octet}){3}$`).test(text) ? text : undefined;
}

function ipv6Network(text: string): string | undefined {
  if (!text.includes(":")) return undefined;
  // The URL parser writes an address in its one canonical form (RFC 5952).
  const host = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  if (host === undefined) return undefined;
  const [head = "", tail] = host.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail ? tail.split(":") : [];
  const groups = tail === undefined
    ? front
    : [...front, ...Array<string>(8 - front.length - back.length).fill("0"), ...back];
  return mappedIpv4(groups) ?? `${groups.slice(0, 4).join(":").replace(/(?:(?:^|:)0)+$/, "")}::/64`;
}

/** `::ffff:203.0.113.7` is the IPv4 host that it maps. */
function mappedIpv4(groups: readonly string[]): string | undefined {
  if (groups.slice(0, 6).join(":") !== "0:0:0:0:0:ffff") return undefined;
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
