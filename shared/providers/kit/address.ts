/** Blocks that are no public unicast (IANA special-purpose registries), as first address and length. */
const SPECIAL_4: readonly (readonly [first: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Of 2000::/3, the only part of IPv6 in public use, what leads elsewhere: Teredo, examples, 6to4. */
const SPECIAL_6 = /^(2001:0:|2001:db8:|2002:|3fff:)/;

/** Whether `address`, as a resolver writes it, is one that the public internet routes. */
export function isPublicAddress(address: string): boolean {
  const four = numberOf(address);
  if (four !== undefined) {
    return !SPECIAL_4.some(([first, bits]) => {
      const size = 2 ** (32 - bits);
      return Math.floor(four / size) === Math.floor((numberOf(first) ?? 0) / size);
    });
  }
  // The URL parser writes each IPv6 address in one way, those of the form ::ffff:1.2.3.4 included.
  const six = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1);
  if (six === undefined || !/^[23][0-9a-f]{3}:/.test(six)) return false;
  return !SPECIAL_6.test(six.replace("::", ":0:"));
}

/** Four decimal bytes as one number; nothing for any other text. */
function numberOf(address: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
