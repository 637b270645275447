/**
 * Values that look random and are the same on every run: one hash of what they belong to.
 * FNV-1a, finished as MurmurHash3 does, so that neighbouring days share nothing.
 */
export function hash32(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const char of parts.join("\u0000")) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** In `[0, 1)`. */
export function chance(...parts: readonly (string | number)[]): number {
  return hash32(...parts) / 2 ** 32;
}

/** A whole number from `low` to `high`, both included. */
export function between(
  low: number,
  high: number,
  ...parts: readonly (string | number)[]
): number {
  return low + Math.floor(chance(...parts) * (high - low + 1));
}

/** One of `choices`. */
export function pick<const T>(
  choices: readonly [T, ...T[]],
  ...parts: readonly (string | number)[]
): T {
  return choices[hash32(...parts) % choices.length] ?? choices[0];
}

/** `digits` lower-case hexadecimal digits. */
export function hexOf(digits: number, ...parts: readonly (string | number)[]): string {
  let hex = "";
  for (let i = 0; hex.length < digits; i++) {
    hex += hash32(i, ...parts).toString(16).padStart(8, "0");
  }
  return hex.slice(0, digits);
}

/** A version 4 UUID in form; the same for the same parts. */
export function uuidOf(...parts: readonly (string | number)[]): string {
  const hex = hexOf(32, ...parts);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${
    hex.slice(20)
  }`;
}

/** `value` with at most `digits` after the point. */
export function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}
