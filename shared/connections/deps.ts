import type { Vault } from "../core/envelope.ts";
import type { Database } from "../db/client.ts";
import type { ProviderDirectory } from "../providers/configured.ts";

/** The process that this runs in: the platform ends it without asking. */
export interface Isolate {
  /** How long it lives for certain. */
  timeLeftMs(): number;
  /** `work` holds what is nowhere else yet: who may end this process waits for it. */
  keep(work: Promise<unknown>): void;
  /** Resolves when nothing is kept. */
  idle(): Promise<void>;
}

/** What linking needs of the outside; built once in `runtime.ts`. */
export interface ConnectionDeps {
  readonly db: Database;
  readonly vault: Vault;
  readonly providers: ProviderDirectory;
  readonly isolate: Isolate;
  /** Public base of the functions, without a slash at its end. */
  readonly functionsUrl: string;
  /** Where a person goes who came back with nothing we know. */
  readonly appUrl: string;
  /** `input` as an address we may send a person to; nothing where we may not. */
  readonly returnTo: (input: unknown) => URL | undefined;
  readonly now: () => Date;
  readonly log: (
    level: "info" | "warn" | "error",
    event: string,
    fields?: Record<string, unknown>,
  ) => void;
}

/** A provider call that a person waits for. */
export const INTERACTIVE_MS = 20_000;
