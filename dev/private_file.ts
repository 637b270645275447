import { toBase64Url } from "@shared/core/bytes.ts";

/** Writes `text` to a file that only we may read, whole or not at all. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const draft = `${path}.${Deno.pid}`;
  await Deno.writeTextFile(draft, text, { mode: 0o600 });
  await Deno.chmod(draft, 0o600); // `mode` counts only where the file is new
  await Deno.rename(draft, path);
}

/** 256 random bits, URL-safe. */
export function randomSecret(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}
