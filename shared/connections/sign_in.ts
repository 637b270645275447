import { ProblemError } from "../core/problems.ts";
import { ProviderError } from "../providers/errors.ts";
import type { CredentialsLink, SignedIn } from "../providers/link.ts";
import { type ConnectionDeps, INTERACTIVE_MS } from "./deps.ts";
import { configured, tileOf } from "./find.ts";
import { openAccount } from "./open_account.ts";
import { problemOf } from "./problem_of.ts";
import type { Source } from "./sources.ts";

export interface SignInRequest {
  /** The verified `sub`, never anything the client names. */
  readonly userId: string;
  /** Our slug, or any name of it that the app has. */
  readonly provider: string;
  /** What the person typed. It is sealed or forgotten: no message and no log line repeats any of it. */
  readonly typed: Readonly<Record<string, string>>;
}

/**
 * Links by what a person typed: proved at the provider first, then opened as any other account. Throws
 * `provider_*`, `invalid_request`, `credentials_refused`, `account_linked_elsewhere`.
 */
export async function signIn(deps: ConnectionDeps, request: SignInRequest): Promise<Source> {
  const provider = configured(deps.providers, request.provider);
  const { slug, link } = provider.driver;
  if (link.kind !== "credentials") {
    throw new ProblemError("invalid_request", `Cannot link ${slug}: it takes nothing typed`);
  }
  requireAll(slug, link, request.typed);
  const ctx = provider.context(AbortSignal.timeout(INTERACTIVE_MS), { urgency: "interactive" });
  let linked: SignedIn;
  try {
    linked = await link.signIn(request.typed, ctx);
  } catch (error) {
    throw refusalOf(error, slug);
  }
  const { userId } = request;
  const uiId = tileOf(slug, request.provider);
  return await openAccount(deps, provider, { userId, region: provider.region, uiId, linked });
}

/** All that the link needs and nothing else. The names are ours, so the message may have them. */
function requireAll(slug: string, { needs }: CredentialsLink, typed: SignInRequest["typed"]): void {
  const names = needs.map(({ name }) => name);
  const isAll = names.every((name) => typed[name]) && Object.keys(typed).length === names.length;
  if (isAll) return;
  throw new ProblemError("invalid_request", `Cannot link ${slug}: it needs ${names.join(" and ")}`);
}

/** Of a server that a person named, "refused" is told apart from "no answer", and nothing further. */
function refusalOf(error: unknown, slug: string): unknown {
  if (!(error instanceof ProviderError)) return error;
  const { failure } = error;
  const isRefused = failure.kind === "reauthorize" || failure.kind === "rejected";
  return isRefused
    ? new ProblemError("credentials_refused", `Cannot link ${slug}: what was typed is refused`)
    : problemOf(error, slug);
}
