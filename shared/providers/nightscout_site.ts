/** A Nightscout site: its address, its token, and their proof; quirks in `nightscout.ts`. */
import { z } from "zod";
import { Secret } from "../core/secret.ts";
import { offsetIn } from "../core/time.ts";
import type { Ask, DriverContext } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { callProvider, readJson } from "./kit/http.ts";
import { withToken } from "./kit/oauth2.ts";
import { siteUrl } from "./kit/site.ts";
import type { CredentialsLink, SignedIn } from "./link.ts";

/** No host of its own: each request goes to the site of its account. */
export const NIGHTSCOUT = { slug: "nightscout", hosts: [] } as const;

export function authenticate(request: Request, { account }: Pick<Ask, "account">): Request {
  return withToken(NIGHTSCOUT, request, account, "api-secret");
}

const verdict = z.looseObject({
  message: z.union([
    z.string().transform((message) => ({ message })),
    z.looseObject({ message: z.string() }),
  ]),
});

/** The newest treatment profile comes first; each has zones by the name of a schedule. */
const profiles = z.array(z.looseObject({
  defaultProfile: z.string().nullish(),
  store: z.record(z.string(), z.looseObject({ timezone: z.string().nullish() })).nullish(),
})).optional();

/** Asks the site whether the token may read all, and for the person's zone where it may know. */
async function signIn(
  typed: Readonly<Record<string, string>>,
  ctx: DriverContext,
): Promise<SignedIn> {
  const site = siteUrl(typed["site"] ?? "");
  if (!site) throw new ProviderError(NIGHTSCOUT.slug, { kind: "rejected", status: 400 }, "find");
  const accessToken = new Secret(typed["token"] ?? "");
  const provider = { ...NIGHTSCOUT, hosts: [site.host] };
  const account = { externalUserId: site.host, accessToken, site };
  const ask = (path: string, emptyStatuses?: readonly number[]) => {
    const request = authenticate(new Request(new URL(path, site)), { account });
    return callProvider(provider, request, ctx, emptyStatuses);
  };
  const { message } = await readJson(provider, await ask("/api/v1/verifyauth"), verdict);
  if (message.message !== "OK") {
    throw new ProviderError(provider.slug, { kind: "reauthorize", cause: "token_rejected" });
  }
  const found = await readJson(
    provider,
    await ask("/api/v1/profile.json", [401, 403, 404]),
    profiles,
  );
  const [newest] = found ?? [];
  const timeZone = newest?.store?.[newest.defaultProfile ?? ""]?.timezone;
  const isZone = timeZone && offsetIn(timeZone, ctx.now()) !== undefined;
  return {
    externalUserId: site.host,
    site,
    tokens: { accessToken },
    ...(isZone ? { timeZone } : {}),
  };
}

export const link: CredentialsLink = {
  kind: "credentials",
  needs: [{ name: "site", kind: "url" }, { name: "token", kind: "secret" }],
  signIn,
};
