import assert from "node:assert/strict";
import { concat, utf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import { DAY } from "@shared/core/time.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import { ProviderError } from "@shared/providers/errors.ts";
import type { RawRequest, Webhook, WebhookSecrets } from "@shared/providers/webhook.ts";
import { type WebhookFixture, webhookOf } from "./fixtures.ts";
import type { Law } from "./law.ts";

const AT = { receivedAt: new Date("2026-03-01T12:00:00Z") };

const LAWS: readonly Law[] = [
  {
    name: "a good delivery is accepted with either active secret",
    check: (driver) =>
      eachDelivery(driver, async ({ verify, request, secret, now }) => {
        assert.equal(await verify(request, secrets(secret), now), true);
        assert.equal(await verify(request, secrets("new one", secret), now), true);
        assert.equal(await verify(request, secrets("new one"), now), false);
      }),
  },
  {
    name: "one flipped bit, one byte more or less, are refused",
    appliesTo: ({ webhook }) => !webhook?.unproven?.includes("body"),
    check: (driver) =>
      eachDelivery(driver, async ({ verify, request, secret, now }) => {
        const { body } = request;
        for (const at of [0, Math.floor(body.length / 2), body.length - 1]) {
          const flipped = body.map((byte, i) => i === at ? byte ^ 1 : byte);
          assert.equal(await verify({ ...request, body: flipped }, secrets(secret), now), false);
        }
        const longer = concat(body, utf8("\n"));
        assert.equal(await verify({ ...request, body: longer }, secrets(secret), now), false);
        const shorter = body.slice(0, -1);
        assert.equal(await verify({ ...request, body: shorter }, secrets(secret), now), false);
      }),
  },
  {
    name: "each signed header is needed, once",
    check: (driver) =>
      eachDelivery(driver, async ({ verify, request, secret, now }) => {
        for (const [name, value] of request.headers) {
          const without = new Headers(request.headers);
          without.delete(name);
          assert.equal(
            await verify({ ...request, headers: without }, secrets(secret), now),
            false,
            `without ${name}`,
          );
          const twice = new Headers(request.headers);
          twice.append(name, value);
          assert.equal(
            await verify({ ...request, headers: twice }, secrets(secret), now),
            false,
            `with ${name} twice`,
          );
        }
      }),
  },
  {
    name: "a delivery of last week, or of next, is refused",
    appliesTo: ({ webhook }) => !webhook?.unproven?.includes("time"),
    check: (driver) =>
      eachDelivery(driver, async ({ verify, request, secret, now }) => {
        for (const days of [-7, 7]) {
          const then = new Date(now.getTime() + days * DAY);
          assert.equal(await verify(request, secrets(secret), then), false);
        }
      }),
  },
  {
    name: "a body that is signed and not UTF-8 passes the signature and fails as a contract",
    check: (driver) => {
      const request = requestOf({ headers: {}, body: "" });
      for (const body of [concat(new Uint8Array([0xc3, 0x28])), utf8("{"), utf8("[7]")]) {
        assert.throws(
          () => webhookOfDriver(driver).parseWebhook({ ...request, body }, AT),
          (error) => {
            assert.ok(error instanceof ProviderError && error.failure.kind === "contract");
            return true;
          },
        );
      }
    },
  },
  {
    name: "a delivery means what was written down by hand, each time, under one key",
    check: (driver) =>
      eachDelivery(driver, ({ webhook, request, events }) => {
        const parsed = JSON.parse(JSON.stringify(webhook.parseWebhook(request, AT)));
        assert.deepEqual(parsed, events);
        assert.deepEqual(webhook.parseWebhook(request, AT), webhook.parseWebhook(request, AT));
        const key = webhook.deliveryKey(request);
        assert.ok(key === undefined || key.length > 0);
        assert.equal(webhook.deliveryKey(requestOf(request)), key);
        return Promise.resolve();
      }),
  },
  {
    name: "events name resources of the driver",
    check: (driver) =>
      eachDelivery(driver, ({ webhook, request }) => {
        for (const event of webhook.parseWebhook(request, AT)) {
          if (!("resource" in event)) continue;
          assert.ok(driver.resources.some(({ name }) => name === event.resource), event.resource);
        }
        return Promise.resolve();
      }),
  },
  {
    name: "consent that is taken back is told where no token could be refused",
    appliesTo: ({ link }) => link.kind === "widget",
    async check(driver) {
      const kinds: string[] = [];
      await eachDelivery(driver, ({ webhook, request }) => {
        kinds.push(...webhook.parseWebhook(request, AT).map(({ kind }) => kind));
        return Promise.resolve();
      });
      const { revocationUntold: source } = webhookOf(driver);
      assert.equal(kinds.includes("revoked"), source === undefined);
      if (source !== undefined) assert.match(source, /^https:\/\//);
    },
  },
  {
    name: "the handshake echoes the challenge for the right token only, as JSON",
    appliesTo: (driver) =>
      driver.webhook?.handshake !== undefined && webhookOf(driver).checks === undefined,
    async check(driver) {
      const { handshake } = webhookOf(driver);
      assert.ok(handshake, "webhook.json has no handshake");
      const answer = (token: string, challenge: string) => {
        const query = handshake.url
          .replace("{token}", encodeURIComponent(token))
          .replace("{challenge}", encodeURIComponent(challenge));
        const request = { ...requestOf({ headers: {}, body: "" }), method: "GET" };
        return webhookOfDriver(driver).handshake?.(
          { ...request, url: new URL(query) },
          { ...secrets("unused"), verifyToken: new Secret(handshake.token) },
        );
      };
      const good = await answer(handshake.token, "c1");
      assert.equal(good?.status, 200);
      assert.match(good?.headers.get("content-type") ?? "", /^application\/json/);
      assert.deepEqual(await good?.json(), handshake.answer);
      assert.equal((await answer("wrong", "c1"))?.status, 403);
      assert.equal((await answer("", "c1"))?.status, 403);
      assert.equal((await answer(handshake.token, "x".repeat(10_000)))?.status, 403);
    },
  },
  {
    name: "each check of the address is answered as documented, and a delivery is none",
    appliesTo: ({ webhook }) => webhook?.greet !== undefined || webhook?.handshake !== undefined,
    async check(driver) {
      const { checks = [], handshake, secret } = webhookOf(driver);
      assert.ok(checks.length > 0 || handshake, "webhook.json has neither checks nor handshake");
      const webhook = webhookOfDriver(driver);
      const answer = async (request: RawRequest, token?: string) =>
        webhook.greet?.(request) ?? await webhook.handshake?.(request, {
          ...secrets(secret),
          ...(token === undefined ? {} : { verifyToken: new Secret(token) }),
        });
      for (const { method, url, headers = {}, body = "", token, status } of checks) {
        const request = { ...requestOf({ headers, body, ...(url ? { url } : {}) }), method };
        assert.equal((await answer(request, token))?.status, status, `${method} ${body}`);
      }
      await eachDelivery(driver, async ({ request }) => {
        assert.equal(await answer(request, "token"), undefined);
      });
    },
  },
];

export const WEBHOOK_LAWS: readonly Law[] = LAWS.map((law) => ({
  ...law,
  appliesTo: (driver) => driver.webhook !== undefined && (law.appliesTo?.(driver) ?? true),
}));

interface Delivery {
  readonly webhook: Webhook;
  readonly verify: Webhook["verifyWebhook"];
  readonly request: RawRequest;
  readonly events: readonly unknown[];
  readonly secret: string;
  readonly now: Date;
}

async function eachDelivery(
  driver: ProviderDriver,
  use: (delivery: Delivery) => Promise<void>,
): Promise<void> {
  const { secret, now, deliveries, keyset } = webhookOf(driver);
  assert.ok(deliveries.length > 0);
  const webhook = webhookOfDriver(driver);
  for (const { headers, body, events, url } of deliveries) {
    await use({
      webhook,
      verify: (request, active, now) =>
        webhook.verifyWebhook(
          request,
          { ...active, ...(keyset ? { keyset: () => Promise.resolve(keyset) } : {}) },
          now,
        ),
      request: requestOf({ headers, body, ...(url ? { url } : {}) }),
      events,
      secret,
      now: new Date(now),
    });
  }
}

function requestOf(
  p: {
    readonly headers: HeadersInit;
    readonly body: WebhookFixture["secret"] | RawRequest["body"];
    readonly url?: string | URL;
  },
): RawRequest {
  return {
    method: "POST",
    url: new URL(p.url ?? "https://app.example/functions/v1/webhooks/x"),
    headers: new Headers(p.headers),
    body: typeof p.body === "string" ? utf8(p.body) : p.body.slice(),
  };
}

function webhookOfDriver({ slug, webhook }: ProviderDriver): Webhook {
  if (!webhook) throw new Error(`Cannot test ${slug}: no webhook`);
  return webhook;
}

function secrets(...signing: readonly string[]): WebhookSecrets {
  return { signing: signing.map((one) => new Secret(one)) };
}
