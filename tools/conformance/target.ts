import type { ProviderDriver } from "@shared/providers/driver.ts";

/** What takes a case's payload: the webhook, or one resource. */
export type Target =
  | { readonly kind: "webhook" }
  /** A phone's body with rows of every resource. */
  | { readonly kind: "upload" }
  | { readonly kind: "resource"; readonly name: string };

/**
 * Finds what `payloadKind` means to `driver`: a method and path, a push key or a type that a resource
 * declares as an alias, a phone's upload, or the webhook. `item`, `[]`, a query and remarks in brackets do not count.
 */
export function findTarget(driver: ProviderDriver, payloadKind: string): Target | undefined {
  for (const phrase of phrases(payloadKind)) {
    const found = driver.resources.find((one) =>
      one.aliases.some((alias) => isSame(alias, phrase) || isSame(`push ${alias}`, phrase))
    );
    if (found) return { kind: "resource", name: found.name };
    if (driver.link.kind === "bridge" && driver.link.aliases.some((one) => isSame(one, phrase))) {
      return { kind: "upload" };
    }
  }
  return driver.webhook && /^(webhook|push)\b/.test(payloadKind) ? { kind: "webhook" } : undefined;
}

/** The phrase without its remarks, then without its last word, and so on. */
function* phrases(payloadKind: string): Generator<string, void> {
  const words = payloadKind.replaceAll(/\(.*?\)|\[\]|\?\S*|https?:\/\/[^/\s]+/g, " ").trim().split(
    /\s+/,
  );
  for (let length = words.length; length > 0; length--) yield words.slice(0, length).join(" ");
}

/** Equal but for case and for what stands in a path's `{…}`. */
function isSame(alias: string, phrase: string): boolean {
  const mine = alias.toLowerCase().split("/");
  const theirs = phrase.toLowerCase().split("/");
  return mine.length === theirs.length &&
    mine.every((part, i) => part === theirs[i] || /^\{.*\}$/.test(part) && theirs[i] !== "");
}
