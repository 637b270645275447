import assert from "node:assert/strict";
import { type Config, type Environment, parseConfig } from "@shared/config.ts";
import type { Configurable } from "@shared/config/credentials.ts";

/** Marked test values: none of them opens anything. */
export const KEY = btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i)));
/** The least that starts. */
export const GOOD = {
  SUPABASE_URL: "https://project.example.com",
  SUPABASE_DB_URL: "postgres://postgres:test@127.0.0.1:5432/postgres",
  APP_BASE_URL: "https://app.example.com/",
  ENCRYPTION_KEYS: `k1:${KEY}`,
  ENCRYPTION_ACTIVE_KEY: "k1",
  // The process of the tests outlives an isolate.
  WALL_CLOCK_SECONDS: "999999999",
  INTERNAL_SECRETS: "test-internal-secret-0123456789abcdef",
} as const satisfies Environment;

/** `GOOD` with a change, parsed. */
export function parse(change: Environment = {}, ...drivers: readonly Configurable[]): Config {
  return parseConfig({ ...GOOD, ...change }, drivers);
}

/** The lines of the error, one a setting; none where it parses. */
export function problems(
  change: Environment,
  ...drivers: readonly Configurable[]
): readonly string[] {
  try {
    parse(change, ...drivers);
  } catch (error) {
    assert.ok(error instanceof Error);
    const [head = "", ...lines] = error.message.split("\n");
    assert.match(head, /^Cannot start: (1 setting is|\d+ settings are) wrong$/);
    return lines.map((line) => line.trim());
  }
  return [];
}
