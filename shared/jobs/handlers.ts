import type { Sql } from "../db/client.ts";
import type { JobKind, Payload } from "./kinds.ts";
import type { Outcome } from "./outcome.ts";

/** A job in hand, as its handler sees it. */
export interface Job<K extends JobKind> {
  readonly payload: Payload<K>;
  /** Where the page before left off; absent for the first. */
  readonly cursor?: string;
  readonly attempt: number;
  readonly createdAt: Date;
  /** Ends when the job's time is up or its lease is lost: stop then, nothing can be committed. */
  readonly signal: AbortSignal;
}

/** A handler reads and calls; what it writes is its outcome's effect. */
export type Handler<K extends JobKind> = (job: Job<K>) => Promise<Outcome<Sql>>;

/** Mapped, so a kind without a handler does not compile. */
export type Handlers = { readonly [K in JobKind]: Handler<K> };
