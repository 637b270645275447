/** What a real project keeps in its secrets: drawn once a state folder, so that data stays readable. */
import { join } from "node:path";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { z } from "zod";
import { toBase64, toHex } from "@shared/core/bytes.ts";
import { failure } from "./failure.ts";
import { exists } from "./postgres_files.ts";
import { randomSecret, writePrivate } from "./private_file.ts";
import { PRETEND_PROVIDERS } from "./sandbox/provider.ts";

const cloudKeys = z.object({
  secret: z.string(),
  webhookSecret: z.string(),
  verifyToken: z.string(),
  /** For the few that want a third; drawn where an older file has none. */
  apiKey: z.string().default(randomSecret),
});

const keysSchema = z.object({
  /** Signs sessions; a new one at each start would sign everybody out. */
  signing: z.custom<JWK>((value) => typeof value === "object" && value !== null && "d" in value),
  encryption: z.string(),
  internalSecret: z.string(),
  appPassword: z.string(),
  demoPassword: z.string(),
  otherPassword: z.string(),
  oura: z.object({ secret: z.string(), verifyToken: z.string() }),
  terra: z.object({ apiKey: z.string(), webhookSecret: z.string() }),
  dexcom: z.object({ secret: z.string() }),
  /** By slug; drawn for each that the sandbox has learnt since the file was written. */
  cloud: z.record(z.string(), cloudKeys).default({}),
});

export type Keys = Readonly<z.output<typeof keysSchema>>;

/** Reads `keys.json` of the state folder, or draws it. */
export async function loadKeys(stateDir: string): Promise<Keys> {
  const path = keysFile(stateDir);
  if (await exists(path)) {
    const read = keysSchema.safeParse(parse(await Deno.readTextFile(path)));
    if (read.success) return await withCloud(path, read.data);
    throw failure(`Cannot read ${path}: not as this version writes it; --fresh draws new keys`);
  }
  return await withCloud(path, await drawKeys());
}

/** Writes the keys with those of every cloud provider. */
async function withCloud(path: string, drawn: Keys): Promise<Keys> {
  const draw = () => ({
    secret: randomSecret(),
    // As Svix writes one, whose signatures want base64; to the others it is any text.
    webhookSecret: `whsec_${toHex(crypto.getRandomValues(new Uint8Array(32)))}`,
    verifyToken: randomSecret(),
    apiKey: randomSecret(),
  });
  const cloud = Object.fromEntries(
    Object.keys(PRETEND_PROVIDERS).map((slug) => [slug, drawn.cloud[slug] ?? draw()]),
  );
  const keys = { ...drawn, cloud };
  await writePrivate(path, JSON.stringify(keys, null, 2));
  return keys;
}

export async function removeKeys(stateDir: string): Promise<void> {
  await Deno.remove(keysFile(stateDir)).catch(() => {});
}

function keysFile(stateDir: string): string {
  return join(stateDir, "keys.json");
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

async function drawKeys(): Promise<Keys> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const signing = await exportJWK(privateKey);
  return {
    signing: { ...signing, kid: crypto.randomUUID(), alg: "ES256", use: "sig" },
    encryption: toBase64(crypto.getRandomValues(new Uint8Array(32))),
    internalSecret: randomSecret(),
    appPassword: randomSecret(),
    demoPassword: randomSecret().slice(0, 12),
    otherPassword: randomSecret().slice(0, 12),
    oura: { secret: randomSecret(), verifyToken: randomSecret() },
    terra: { apiKey: randomSecret(), webhookSecret: randomSecret() },
    dexcom: { secret: randomSecret() },
    cloud: {},
  };
}
