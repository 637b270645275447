import { ProblemError } from "../core/problems.ts";

/** Bytes that bodies still being read may take together, so that many large ones cannot fill the memory. */
export interface BodyRoom {
  /** Throws `unavailable` where there is no room for `bytes` more. */
  take(bytes: number): void;
  give(bytes: number): void;
}

/** Seconds after which a refused sender may come again: bodies are read in less, or given up. */
const RETRY_AFTER = 5;

export function createBodyRoom(maxBytes: number): BodyRoom {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > maxBytes) {
        throw new ProblemError("unavailable", "Cannot read body: too many at once", RETRY_AFTER);
      }
      taken += bytes;
    },
    give(bytes) {
      taken -= bytes;
    },
  };
}
