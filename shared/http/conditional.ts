import { crc32 } from "node:zlib";
import type { Context } from "hono";

/**
 * Answers a GET so that the person's own browser may keep it and ask whether it still holds (304 with
 * `If-None-Match`). It never lands in a shared cache, and one person's answer is never another's.
 */
export function conditionalJson(c: Context, value: unknown): Response {
  c.header("cache-control", "private, no-cache");
  c.header("vary", "Authorization");
  return conditional(c, JSON.stringify(value));
}

/** The same for what everyone is told alike: any cache may keep it, and asks again after five minutes. */
export function publicJson(c: Context, body: string): Response {
  c.header("cache-control", "public, max-age=300");
  return conditional(c, body);
}

function conditional(c: Context, body: string): Response {
  const etag = tagOf(body);
  c.header("etag", etag);
  if (matches(c.req.header("if-none-match"), etag)) return c.body(null, 304);
  return c.body(body, 200, { "content-type": "application/json; charset=utf-8" });
}

/**
 * Tells a body from the one before it: there is no one to forge either, and of four billion changes that
 * leave the length as it was one goes unseen until the next. SHA-256 took 0.2 ms of a page of 1,000, and
 * 0.7 on Deno 2.1.4, where this takes 0.02 and 0.04.
 */
function tagOf(body: string): string {
  // Deno 2.1.4 gives it with a sign.
  return `W/"${(crc32(body) >>> 0).toString(36)}-${body.length.toString(36)}"`;
}

/** RFC 9110 13.1.2: a list, compared weakly, or `*`. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  return header.split(",").some((tag) => opaque(tag) === opaque(etag) || tag.trim() === "*");
}
