import { concat, toBase64, utf8 } from "@shared/core/bytes.ts";
import { addDays, MINUTE } from "@shared/core/time.ts";
import { isoWall, localDateIn, offsetAt } from "../clock.ts";
import type { Issuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import { personIn, type SandboxClient, type World } from "../world.ts";
import { DATA_TYPES, listPoints } from "./collections.ts";
import { healthUserId } from "./record.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const KEY_TYPE = "type.googleapis.com/google.crypto.tink.EcdsaPublicKey";

/** Signs as Tink does: `0x01`, the key's id in four bytes, and the signature in DER. */
export async function createSigner() {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
  const keyId = 1 + Math.floor(Math.random() * 0xffff_fffe);
  const [, ...coordinates] = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  // A protocol buffer: SHA-256, P-256 and DER, then x and y, each with a zero before it.
  const value = Uint8Array.from([
    ...[0x12, 6, 0x08, 3, 0x10, 2, 0x18, 2],
    ...[0x1a, 33, 0, ...coordinates.slice(0, 32)],
    ...[0x22, 33, 0, ...coordinates.slice(32)],
  ]);
  const keyData = {
    typeUrl: KEY_TYPE,
    value: toBase64(value),
    keyMaterialType: "ASYMMETRIC_PUBLIC",
  };
  const keyset = {
    primaryKeyId: keyId,
    key: [{ keyData, status: "ENABLED", keyId, outputPrefixType: "TINK" }],
  };
  async function sign(body: string): Promise<string> {
    const raw = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      pair.privateKey,
      utf8(body),
    );
    const bytes = [...new Uint8Array(raw)];
    const sequence = [...integer(bytes.slice(0, 32)), ...integer(bytes.slice(32))];
    const prefix = new Uint8Array(5);
    prefix[0] = 1;
    new DataView(prefix.buffer).setUint32(1, keyId);
    return toBase64(concat(prefix, Uint8Array.from([0x30, sequence.length, ...sequence])));
  }
  return { keyset, sign };
}

/** Without leading zeros, but for one where the number would else be negative. */
function integer(bytes: readonly number[]): readonly number[] {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.slice(first < 0 ? -1 : first);
  const padded = (digits[0] ?? 0) & 0x80 ? [0, ...digits] : digits;
  return [0x02, padded.length, ...padded];
}

/** What is told of; the rest has to be asked for. */
const TOLD = [
  "sleep",
  "exercise",
  "steps",
  "distance",
  "heart-rate",
  "weight",
  "daily-resting-heart-rate",
  "daily-heart-rate-variability",
  "daily-oxygen-saturation",
  "daily-respiratory-rate",
  "daily-sleep-temperature-derivations",
] as const;

interface News {
  readonly dataType: string;
  readonly operation: "UPSERT" | "DELETE";
  readonly start: Date;
  readonly end: Date;
  readonly recordId?: string;
}

/** Deliveries to the one subscriber, whose address is tried out before the first. */
export function createHooks(
  world: World,
  client: SandboxClient,
  issuer: Issuer,
  signer: ReturnType<typeof createSigner>,
): Pick<PretendProvider, "tell" | "announce"> {
  const { webhookUrl, webhookSecret } = client;
  let verified: Promise<void> | undefined;

  /** Two checks, with the secret and without; only the first may succeed. */
  async function tryOut(url: string, secret: string): Promise<void> {
    const check = async (headers: Record<string, string>) => {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ type: "verification" }),
        signal: AbortSignal.timeout(10_000),
      });
      await response.arrayBuffer();
      return response.status;
    };
    const [withSecret, without] = [await check({ authorization: secret }), await check({})];
    if (![200, 201].includes(withSecret) || ![401, 403].includes(without)) {
      verified = undefined;
      throw new Error("Cannot verify the subscriber: its answers are not as they must be");
    }
  }

  function send(person: Person, news: readonly News[]): void {
    if (!webhookUrl || webhookSecret === undefined || news.length === 0) return;
    const body = JSON.stringify(news.map((one) => ({ data: notification(world, person, one) })));
    world.courier.send({
      id: crypto.randomUUID(),
      provider: "google_health",
      url: webhookUrl,
      body,
      headers: async () => {
        await (verified ??= tryOut(webhookUrl, webhookSecret));
        return {
          authorization: webhookSecret,
          "google-health-api-signature": await (await signer).sign(body),
        };
      },
      timeoutSeconds: 10,
      attempts: 5,
    });
  }

  return {
    tell({ person, resource, action, recordId }) {
      const who = personIn(world, person);
      const now = world.clock();
      const today = localDateIn(who.zone, now);
      if (action === "delete") {
        const externalUserId = healthUserId(world, who);
        const of = { provider: "google_health", person, externalUserId, resource };
        world.ledger.serve(of, [{ id: recordId, facts: [] }]);
        const start = new Date(now.getTime() - MINUTE);
        return send(who, [{ dataType: resource, operation: "DELETE", start, end: now, recordId }]);
      }
      const record = listPoints(world, who, resource, addDays(today, -7), today)
        .find(({ id }) => id === recordId);
      if (!record) return;
      const { start, end } = record;
      send(who, [{ dataType: resource, operation: "UPSERT", start, end, recordId }]);
    },
    announce(since, until) {
      const people = new Set(
        issuer.grants().filter(({ revoked }) => !revoked).map(({ person }) => person),
      );
      for (const id of people) {
        const person = personIn(world, id);
        const today = localDateIn(person.zone, until);
        const news = TOLD.flatMap((dataType): readonly News[] => {
          const fresh = listPoints(world, person, dataType, addDays(today, -1), today)
            .filter(({ availableAt }) => availableAt > since && availableAt <= until);
          const [first, last] = [fresh[0], fresh.at(-1)];
          if (!first || !last) return [];
          return [{ dataType, operation: "UPSERT", start: first.start, end: last.end }];
        });
        send(person, news);
      }
    },
  };
}

function notification(world: World, person: Person, news: News) {
  const civil = (at: Date) => isoWall(at, offsetAt(person.zone, at), 0);
  const isDaily = DATA_TYPES[news.dataType]?.kind === "daily";
  const day = news.start.toISOString().slice(0, 10);
  return {
    version: "1",
    clientProvidedSubscriptionName: "sandbox",
    healthUserId: healthUserId(world, person),
    operation: news.operation,
    dataType: news.dataType,
    ...(news.recordId === undefined ? {} : { recordId: news.recordId }),
    intervals: [
      isDaily
        ? {
          civilIso8601TimeInterval: {
            startTime: `${day}T00:00:00`,
            endTime: `${addDays(day, 1)}T00:00:00`,
          },
        }
        : {
          physicalTimeInterval: {
            startTime: news.start.toISOString(),
            endTime: news.end.toISOString(),
          },
          civilIso8601TimeInterval: { startTime: civil(news.start), endTime: civil(news.end) },
        },
    ],
  };
}
