import type { z } from "zod";
import type { ProblemName } from "../../core/problems.ts";

/** Headings of the description, in its order. */
export const TAGS = {
  connect: "Linking a person's accounts at providers, and cutting the link",
  metrics: "What the linked accounts brought, read as the person with row level security on",
  tokens: "Renewing the tokens of linked accounts",
  providers: "What providers and their pages call",
  scheduler: "What the scheduler calls",
  aliases: "Other addresses of the operations above",
} as const;

/**
 * Who may call. `person`: whoever is signed in. `account`: the same, but not anonymously. `scheduler`:
 * who knows the internal secret. `provider`: who signed the body, or knows the address.
 */
export type Caller =
  | "anyone"
  | "person"
  | "account"
  | "scheduler"
  | "person_or_scheduler"
  | "provider";

/** What a good request is answered with. */
export interface Answer {
  readonly description: string;
  /** Of JSON; without it there is no body, or one of no fixed form. */
  readonly schema?: z.ZodType;
  /** Names of `HEADERS` in tools/generate/openapi/components.ts. */
  readonly headers?: readonly string[];
}

/** One method of one address: the table of these is the API's description. */
export interface Operation {
  /** What generated clients call it. */
  readonly id: string;
  readonly method: "get" | "post" | "put" | "delete";
  /** Below `/functions/v1`; `{name}` is a part that varies. */
  readonly path: string;
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  readonly description?: string;
  readonly caller: Caller;
  /** Of an object; a GET has it in its query, any other method in its body. */
  readonly input?: z.ZodType;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Beyond those that any caller of its kind can meet: see `problemsOf`. */
  readonly problems?: readonly ProblemName[];
  /** The operation that this is another address of. */
  readonly aliasOf?: string;
}

/** The same operation at another address, or by another method. */
export function alias(
  operation: Operation,
  other: Pick<Operation, "id" | "path"> & Partial<Pick<Operation, "method">>,
): Operation {
  return { ...operation, ...other, aliasOf: operation.aliasOf ?? operation.id };
}

const WORK = ["internal", "unavailable"] as const;
/** Whoever calls as a page does may send JSON alone, whatever the method. */
const PAGE = [
  "session_missing",
  "session_invalid",
  "session_expired",
  "media_type_unsupported",
  "rate_limited",
] as const;

const OF_CALLER: Readonly<Record<Caller, readonly ProblemName[]>> = {
  anyone: [],
  person: [...WORK, ...PAGE],
  account: [...WORK, ...PAGE, "anonymous_user"],
  scheduler: ["caller_unknown"],
  person_or_scheduler: [...WORK, ...PAGE],
  provider: [],
};

const OF_BODY: readonly ProblemName[] = [
  "invalid_request",
  "malformed_body",
  "body_timeout",
  "body_too_large",
];

/** Every problem that an operation can answer with. */
export function problemsOf(operation: Operation): ReadonlySet<ProblemName> {
  const { caller, input, method, problems = [] } = operation;
  const ofInput = method === "get" ? ["invalid_request"] as const : OF_BODY;
  return new Set([...OF_CALLER[caller], ...(input ? ofInput : []), ...problems]);
}
