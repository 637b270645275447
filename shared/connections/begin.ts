import { toHex } from "../core/bytes.ts";
import { pkceChallenge, randomBytes, randomToken, sha256 } from "../core/crypto.ts";
import { ProblemError } from "../core/problems.ts";
import { Secret } from "../core/secret.ts";
import { isRaised } from "../db/lost.ts";
import { beginConnection } from "../db/states.ts";
import type { ConfiguredProvider } from "../providers/configured.ts";
import { type ConnectionDeps, INTERACTIVE_MS } from "./deps.ts";
import { configured, tileOf } from "./find.ts";
import { problemOf } from "./problem_of.ts";
import { sealed } from "./sealed.ts";

export interface BeginRequest {
  /** The verified `sub`, never anything the client names. */
  readonly userId: string;
  /** Our slug, or any name of it that the app has. */
  readonly provider: string;
  readonly returnTo?: string;
  readonly region?: string;
  /** One of the link's `services`, where it has them. */
  readonly service?: string;
}

export interface Begun {
  readonly authUrl: string;
  readonly kind: "oauth2" | "widget";
  readonly provider: string;
  readonly expiresAt: Date;
}

/**
 * Begins a link: remembers a random state by its hash, with the person, and answers the provider's
 * page. Throws `provider_*`, `origin_refused`, `invalid_request` and `rate_limited`.
 */
export async function begin(deps: ConnectionDeps, request: BeginRequest): Promise<Begun> {
  const provider = configured(deps.providers, request.provider);
  const { slug, link } = provider.driver;
  if (link.kind === "credentials") {
    const needs = link.needs.map(({ name }) => name).join(" and ");
    throw new ProblemError("invalid_request", `Cannot link ${slug}: it needs ${needs}`);
  }
  if (link.kind === "bridge") {
    throw new ProblemError(
      "provider_unsupported",
      `Cannot link ${slug}: it has no page to link by`,
    );
  }
  const service = serviceOf(provider, request.service);
  const returnTo = deps.returnTo(request.returnTo ?? deps.appUrl);
  if (!returnTo) {
    throw new ProblemError("origin_refused", "Cannot return to that address: it is not listed");
  }
  const state = link.kind === "widget" ? randomReference() : randomToken();
  const row = {
    stateHash: sha256(state),
    id: crypto.randomUUID(),
    userId: request.userId,
    provider: slug,
    region: regionOf(provider, request.region),
    redirectUri: `${deps.functionsUrl}/oauth-callback/${slug}`,
    returnTo: returnTo.href,
    uiId: tileOf(slug, request.provider),
  };
  const verifier = link.kind === "oauth2" && link.pkce ? randomToken() : undefined;
  const expiresAt = await remember(deps, {
    ...row,
    verifierCt: verifier
      ? await deps.vault.seal(sealed("verifier", row), new Secret(verifier))
      : null,
  });
  const url = link.kind === "oauth2"
    ? link.authorizeUrl({
      clientId: provider.client.id,
      state,
      redirectUri: row.redirectUri,
      ...(verifier ? { codeChallenge: pkceChallenge(verifier) } : {}),
      ...(row.region ? { region: row.region } : {}),
      ...(provider.scopes ? { scopes: provider.scopes } : {}),
    })
    : await link.openSession(
      {
        reference: state,
        returnUrl: `${row.redirectUri}?state=${state}`,
        ...(service === undefined ? {} : { service }),
      },
      provider.context(AbortSignal.timeout(INTERACTIVE_MS), { urgency: "interactive" }),
    ).catch((error) => {
      throw problemOf(error, slug);
    });
  return { authUrl: provider.browserUrl(url).href, kind: link.kind, provider: slug, expiresAt };
}

async function remember(
  deps: ConnectionDeps,
  row: Parameters<typeof beginConnection>[1],
): Promise<Date> {
  try {
    return await deps.db.query((sql) => beginConnection(sql, row));
  } catch (error) {
    if (isRaised(error, "personGone")) {
      throw new ProblemError("session_invalid", "Cannot begin linking: the person is gone");
    }
    if (!isRaised(error, "tooManyOpen")) throw error;
    throw new ProblemError("rate_limited", "Cannot begin linking: too many attempts are open", 600);
  }
}

function regionOf(provider: ConfiguredProvider, asked: string | undefined): string {
  const regions = provider.driver.regions ?? {};
  if (asked === undefined) return provider.region;
  if (Object.hasOwn(regions, asked)) return asked;
  throw new ProblemError("invalid_request", "Cannot use region: the provider does not have it");
}

/** A service that nobody chose is no default: the wrong one would be linked. */
function serviceOf({ driver }: ConfiguredProvider, asked: string | undefined): string | undefined {
  const services = driver.link.kind === "widget" ? driver.link.services : undefined;
  if (!services) {
    if (asked === undefined) return undefined;
    throw new ProblemError("invalid_request", "Cannot use service: the provider has no choice");
  }
  if (asked !== undefined && services.includes(asked)) return asked;
  throw new ProblemError(
    "invalid_request",
    `Cannot link ${driver.slug}: it needs service, one of ${services.join(", ")}`,
  );
}

/** 128 random bits in the form of a UUID, the only one that a widget's `reference_id` may have. */
function randomReference(): string {
  return toHex(randomBytes(16)).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
