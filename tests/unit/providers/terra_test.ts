import assert from "node:assert/strict";
import { ProviderError } from "@shared/providers/errors.ts";
import type { WidgetLink } from "@shared/providers/link.ts";
import terra from "@shared/providers/terra.ts";
import { MARKED, type SeenRequest, withProvider } from "../../support/provider_server.ts";

const USER = "6a1f0c52-3d7e-4b1c-9a55-0c8e7d2b4f10";
const REFERENCE = "0f5b7c1e-8a3d-4e55-b7a2-1d2c3b4a5968";
const ACCOUNT = { externalUserId: USER };

function link(): WidgetLink {
  assert.equal(terra.link.kind, "widget");
  // SAFETY: asserted on the line above, which the compiler does not see through.
  return terra.link as WidgetLink;
}

Deno.test("openSession() asks for a page with our credentials, and goes to that page", () =>
  withProvider(
    () => Response.json({ status: "success", url: "https://widget.tryterra.co/session/1" }),
    async ({ requests, context }) => {
      const returnUrl = "https://app.example/functions/v1/oauth-callback/terra?state=s";
      const url = await link().openSession({ reference: REFERENCE, returnUrl }, context());
      assert.equal(url.href, "https://widget.tryterra.co/session/1");
      const [request] = requests;
      assert.equal(
        `${request?.method} ${request?.url}`,
        "POST https://access.tryterra.co/api/v2/auth/generateWidgetSession",
      );
      assert.equal(request?.headers.get("dev-id"), MARKED.clientId);
      assert.equal(request?.headers.get("x-api-key"), MARKED.clientSecret);
      const body = JSON.parse(request?.body ?? "");
      assert.equal(body.reference_id, REFERENCE);
      assert.equal(body.auth_success_redirect_url, returnUrl);
      assert.equal(body.auth_failure_redirect_url, returnUrl);
    },
  ));

Deno.test("openSession() refuses an address that is not https, and one on another host", async () => {
  for (
    const url of [
      "http://widget.tryterra.co/session/1",
      "javascript:alert(1)",
      "https://evil.example/",
    ]
  ) {
    await withProvider(() => Response.json({ url }), async ({ context }) => {
      const call = link().openSession(
        { reference: REFERENCE, returnUrl: "https://a.example" },
        context(),
      );
      assert.equal(await failureKind(call), "contract");
    });
  }
});

Deno.test("confirm() believes Terra and not the way back", async (t) => {
  const user = { user_id: USER, reference_id: REFERENCE, scopes: "ACTIVITY_EXPORT, HEALTH_EXPORT" };
  const confirm = (callback: string, answer: unknown) => {
    let profile: unknown;
    return withProvider(() => Response.json(answer), async ({ requests, context }) => {
      profile = await link().confirm(
        { reference: REFERENCE, callback: new URLSearchParams(callback) },
        context(),
      );
      assert.equal(requests[0]?.url.searchParams.get("user_id"), USER);
    }).then(() => profile);
  };
  await t.step("the reference is ours", async () => {
    const profile = await confirm(`user_id=${USER}&reference_id=forged`, {
      user,
      status: "success",
      is_authenticated: true,
    });
    assert.deepEqual(profile, {
      externalUserId: USER,
      scopes: ["ACTIVITY_EXPORT", "HEALTH_EXPORT"],
    });
  });
  const refused: readonly (readonly [why: string, callback: string, answer: unknown])[] = [
    ["another's reference", `user_id=${USER}`, { user: { ...user, reference_id: "another" } }],
    ["no reference", `user_id=${USER}`, { user: { ...user, reference_id: null } }],
    ["another person", `user_id=${USER}`, { user: { ...user, user_id: "another" } }],
    ["not authenticated", `user_id=${USER}`, { user, is_authenticated: false }],
    ["no person", `reference_id=${REFERENCE}`, { user }],
  ];
  for (const [why, callback, answer] of refused) {
    await t.step(why, async () => {
      assert.equal(await failureKind(confirm(callback, answer)), "rejected");
    });
  }
});

Deno.test("unlink() deletes the person at Terra, and is content where they are gone", async () => {
  for (const status of [200, 404]) {
    await withProvider(() => Response.json({}, { status }), async ({ requests, context }) => {
      await link().unlink?.(ACCOUNT, context());
      assert.equal(
        `${requests[0]?.method} ${requests[0]?.url}`,
        `DELETE https://access.tryterra.co/api/v2/auth/deauthenticateUser?user_id=${USER}`,
      );
    });
  }
  await withProvider(() => new Response(null, { status: 503 }), async ({ context }) => {
    assert.equal(await failureKind(link().unlink?.(ACCOUNT, context())), "unavailable");
  });
});

Deno.test("401 and 403 are our key's fault, and never end a person's link", async () => {
  for (const status of [401, 403]) {
    await withProvider(() => new Response(null, { status }), async ({ context }) => {
      const callback = new URLSearchParams({ user_id: USER });
      const call = link().confirm({ reference: REFERENCE, callback }, context());
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof ProviderError);
        assert.deepEqual(error.failure, { kind: "rejected", status });
        return true;
      });
    });
  }
});

Deno.test("history asks for each kind of data, samples included, to be sent", () =>
  withProvider(() => Response.json({ status: "success" }), async ({ requests, context }) => {
    await requestHistory(context());
    const names = requests.map(({ url }) => url.pathname.split("/").at(-1)).toSorted();
    assert.deepEqual(names, terra.resources.map(({ name }) => name).toSorted());
    assert.deepEqual(Object.fromEntries(requests[0]?.url.searchParams ?? []), {
      user_id: USER,
      start_date: "2026-02-01",
      end_date: "2026-02-28",
      to_webhook: "true",
      with_samples: "true",
    });
  }));

Deno.test("history goes on where a wearable lacks one kind, and stops on what will pass", async () => {
  const refuse = (path: string, status: number) => ({ url }: SeenRequest) =>
    url.pathname.endsWith(path)
      ? new Response(null, { status })
      : Response.json({ status: "success" });
  await withProvider(refuse("/sleep", 400), async ({ requests, context }) => {
    await requestHistory(context());
    assert.equal(requests.length, terra.resources.length);
  });
  await withProvider(refuse("", 404), async ({ context }) => {
    assert.equal(await failureKind(requestHistory(context())), "rejected");
  });
  await withProvider(refuse("/sleep", 429), async ({ context }) => {
    assert.equal(await failureKind(requestHistory(context())), "rate_limited");
  });
});

Deno.test("the pieces of history and their overlap stay below the 28 days that become chunks", () => {
  assert.ok(terra.history && terra.history.pageDays + 2 <= 28);
});

type Context = Parameters<WidgetLink["openSession"]>[1];

async function requestHistory(ctx: Context): Promise<void> {
  const { history } = terra;
  assert.ok(history?.kind === "request");
  const window = { from: new Date("2026-02-01T10:00:00Z"), to: new Date("2026-02-27T10:00:00Z") };
  await history.request({ account: ACCOUNT, window }, ctx);
}

async function failureKind(call: Promise<unknown> | undefined): Promise<string> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof ProviderError, Deno.inspect(error));
    assert.doesNotMatch(Deno.inspect(error), /test-leak/);
    return error.failure.kind;
  }
  return "none";
}
