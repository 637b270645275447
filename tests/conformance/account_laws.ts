import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import type { DriverContext, ProviderDriver } from "@shared/providers/driver.ts";
import type { ProviderFailure } from "@shared/providers/errors.ts";
import type { Link } from "@shared/providers/link.ts";
import { ACCOUNT, withProvider } from "../support/provider_server.ts";
import { broken, html, limited } from "./answers.ts";
import { failureOf } from "./calls.ts";
import { TYPED } from "./credentials_laws.ts";
import type { Law } from "./law.ts";
import { TOKENS } from "./oauth_link.ts";

/** What a driver makes of trouble where it asks for neither tokens nor data. */
const LAWS: readonly Law[] = [
  asked("401", () => new Response("{}", { status: 401 }), isRefusal),
  asked("403", () => new Response("{}", { status: 403 }), isRefusal),
  called("429", () => limited("120"), (failure) => {
    assert.deepEqual(failure, { kind: "rate_limited", retryAfter: 120 });
  }),
  ...[500, 502, 503, 504].map((status) =>
    called(`${status}`, () => new Response("down", { status }), (failure) => {
      assert.deepEqual(failure, { kind: "unavailable", status });
    })
  ),
  called("a redirect", () => Response.redirect("https://elsewhere.example/test-leak"), isContract),
  asked("a body that breaks off", broken, (failure) => {
    assert.equal(failure.kind, "unavailable");
  }),
  asked("HTML with 200", html, isContract),
  asked("JSON that is null", () => Response.json(null), isContract),
];

export const ACCOUNT_LAWS: readonly Law[] = LAWS.map((law) => ({
  ...law,
  appliesTo: (driver) => driver.link.kind !== "bridge" && (law.appliesTo?.(driver) ?? true),
}));

interface AccountCall {
  readonly name: string;
  /** Nobody reads what it is answered, and some refusals mean that it was done before. */
  readonly isUndoing?: true;
  run(ctx: DriverContext): Promise<unknown>;
}

const ADDRESS = "https://app.example/functions/v1/webhooks/x";

function accountCallsOf({ link, webhook }: ProviderDriver): readonly AccountCall[] {
  const verifyToken = new Secret("test-leak-verify-token");
  return [
    ...linkCallsOf(link),
    {
      name: "the subscriptions",
      run: async (ctx) => await webhook?.subscribe?.({ callbackUrl: ADDRESS, verifyToken }, ctx),
    },
    {
      name: "the person's subscriptions",
      async run(ctx) {
        await webhook?.subscribePerson?.({ callbackUrl: ADDRESS, account: ACCOUNT }, ctx);
      },
    },
  ];
}

function linkCallsOf(link: Link): readonly AccountCall[] {
  const reference = "0f5b7c1e-8a3d-4e55-b7a2-1d2c3b4a5968";
  switch (link.kind) {
    case "oauth2":
      return [
        // Nor did the token answer name anybody.
        {
          name: "who it is",
          run: (ctx) => link.fetchProfile({ ...ACCOUNT, externalUserId: "" }, ctx),
        },
        {
          name: "the revocation",
          isUndoing: true,
          run: async (ctx) => await link.revokeTokens?.(TOKENS, ACCOUNT, ctx),
        },
      ];
    case "widget":
      return [
        {
          name: "the page",
          run: (ctx) => link.openSession({ reference, returnUrl: ADDRESS }, ctx),
        },
        {
          name: "who came back",
          run(ctx) {
            const callback = new URLSearchParams({ user_id: "test-person" });
            return link.confirm({ reference, callback }, ctx);
          },
        },
        {
          name: "the unlinking",
          isUndoing: true,
          run: async (ctx) => await link.unlink?.(ACCOUNT, ctx),
        },
      ];
    case "credentials":
      return [{ name: "the sign-in", run: (ctx) => link.signIn(TYPED, ctx) }];
    case "bridge":
      return [];
  }
}

/** A law of every call. */
function called(
  name: string,
  answer: () => Response,
  holds: (failure: ProviderFailure) => void,
  isMeant: (call: AccountCall) => boolean = () => true,
): Law {
  return {
    name: `${name} about the account`,
    async check(driver) {
      for (const { name: call, run } of accountCallsOf(driver).filter(isMeant)) {
        await withProvider(answer, async ({ requests, context }) => {
          const outcome = await run(context()).then(
            () => undefined,
            (error) => failureOf(Promise.reject(error)),
          );
          // A driver without that call sends nothing.
          if (requests.length === 0) return;
          assert.ok(outcome, `${call} succeeds`);
          holds(outcome);
        });
      }
    },
  };
}

/** A law of the calls whose answer matters: what is undone is not read, and may be undone already. */
function asked(
  name: string,
  answer: () => Response,
  holds: (failure: ProviderFailure) => void,
): Law {
  return called(name, answer, holds, ({ isUndoing }) => !isUndoing);
}

function isContract(failure: ProviderFailure): void {
  assert.equal(failure.kind, "contract");
}

/** Somebody has to do something: the person, or the operator. */
function isRefusal(failure: ProviderFailure): void {
  assert.ok(failure.kind === "rejected" || failure.kind === "reauthorize", failure.kind);
}
