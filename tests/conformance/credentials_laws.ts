import assert from "node:assert/strict";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import type { CredentialsLink } from "@shared/providers/link.ts";
import { ACCOUNT, MARKED, withProvider } from "../support/provider_server.ts";
import type { Law } from "./law.ts";
import { failureOf } from "./calls.ts";

export const TYPED: Readonly<Record<CredentialsLink["needs"][number]["name"], string>> = {
  site: "https://site.example.org",
  token: MARKED.accessToken,
};

/** What a person must not be able to make us call. */
const SITES = ["http://site.example.org", "https://127.0.0.1", "https://db.internal", "https://a"];

/** How a driver proves what a person typed. */
const LAWS: readonly Law[] = [
  {
    name: "what was typed is proved at the provider, and goes nowhere but into a header",
    check: (driver) =>
      withProvider(() => new Response(null, { status: 401 }), async ({ requests, context }) => {
        const failure = await failureOf(linkOf(driver).signIn(TYPED, context()));
        assert.equal(failure.kind, "reauthorize");
        const [first] = requests;
        assert.ok(first && requests.length === 1);
        assert.doesNotMatch(first.url.href + first.body, /test-leak/);
        assert.match([...first.headers.values()].join(), /test-leak/);
        const hosts = driver.hosts.length > 0 ? driver.hosts : [ACCOUNT.site?.host];
        assert.ok(hosts.includes(first.url.host));
      }),
  },
  {
    name: "a bad answer to what was typed is a failure without any of it",
    async check(driver) {
      const answers = [
        () => new Response("<html>test-leak</html>"),
        () => new Response("{}"),
        () => new Response("null"),
        () => new Response("test-leak", { status: 500 }),
        () => Response.redirect("https://elsewhere.example/test-leak"),
      ];
      for (const answer of answers) {
        await withProvider(answer, async ({ requests, context }) => {
          await assert.rejects(linkOf(driver).signIn(TYPED, context()), (error: Error) => {
            assert.doesNotMatch(error.message, /test-leak/);
            return true;
          });
          assert.equal(requests.length, 1);
        });
      }
    },
  },
  {
    name: "an address inside a network is not gone to",
    appliesTo: (driver) => linkOf(driver).needs.some(({ kind }) => kind === "url"),
    check: (driver) =>
      withProvider(() => Response.json({}), async ({ requests, context }) => {
        for (const site of SITES) {
          const failure = await failureOf(linkOf(driver).signIn({ ...TYPED, site }, context()));
          assert.deepEqual(failure, { kind: "rejected", status: 400 });
        }
        assert.equal(requests.length, 0);
      }),
  },
];

function linkOf({ link }: ProviderDriver): CredentialsLink {
  assert.equal(link.kind, "credentials");
  // SAFETY: asserted on the line above, which the compiler does not see through.
  return link as CredentialsLink;
}

export const CREDENTIALS_LAWS: readonly Law[] = LAWS.map((law) => ({
  ...law,
  appliesTo: (driver) => driver.link.kind === "credentials" && (law.appliesTo?.(driver) ?? true),
}));
