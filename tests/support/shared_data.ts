/**
 * Reference data that lies beside the repository and is not part of it: known-answer vectors, the
 * researched metric list. A test that needs some is ignored, with a printed line, where it is absent.
 */
const ROOT = new URL("../../../shared/", import.meta.url);

/** Text of `path` under `../shared`, or nothing (said once) where it is not there. */
export function readSharedText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(new URL(path, ROOT));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`skipped: ../shared/${path} is absent`);
    return undefined;
  }
}

/** JSON of `path` under `../shared`; `T` is what the file says of itself. */
export function readSharedJson<T>(path: string): T | undefined {
  const text = readSharedText(path);
  // SAFETY: the files are fixed data; a wrong shape fails the test that reads it.
  return text === undefined ? undefined : JSON.parse(text) as T;
}
