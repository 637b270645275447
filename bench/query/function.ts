/** `functions/metrics` as it is deployed, one process, asked over HTTP as an app asks it. */
import { generateKeyPair } from "jose";
import { exportJWK, SignJWT } from "jose";
import { serveDeno } from "../support/server.ts";
import { type Answer, createClient } from "./client.ts";

const ISSUER = "https://project.example.com/auth/v1";

export interface Metrics {
  /** Asks as the person. */
  ask(path: string, person: string): Promise<Answer>;
  /** The answer's text; throws where it is not 200. */
  get(path: string, person: string): Promise<string>;
  readonly env: Readonly<Record<string, string>>;
  token(person: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startMetrics(databaseUrl: string): Promise<Metrics> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwks = {
    keys: [{ ...await exportJWK(publicKey), kid: "bench", alg: "ES256", use: "sig" }],
  };
  const tokens = new Map<string, string>();
  const env = {
    ...SETTINGS,
    SUPABASE_JWKS: JSON.stringify(jwks),
    RAPHAEL_DATABASE_URL: databaseUrl,
  };
  const server = await serveDeno("functions/metrics/index.ts", env);
  const client = createClient(server.url);
  const addressOf = (path: string) => `/metrics${path === "/" ? "" : path}`;
  async function token(person: string): Promise<string> {
    const known = tokens.get(person);
    if (known) return known;
    const made = await new SignJWT({ role: "authenticated", aal: "aal1", is_anonymous: false })
      .setProtectedHeader({ alg: "ES256", kid: "bench" })
      .setSubject(person).setIssuer(ISSUER).setAudience("authenticated").setIssuedAt()
      .setExpirationTime("2h").sign(privateKey);
    tokens.set(person, made);
    return made;
  }
  const signedIn = async (person: string) => ({ authorization: `Bearer ${await token(person)}` });
  return {
    env,
    token,
    ask: async (path, person) =>
      await client.ask({ path: addressOf(path), headers: await signedIn(person) }),
    async get(path, person) {
      const headers = await signedIn(person);
      const answer = await fetch(`${server.url}${addressOf(path)}`, { headers });
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`Cannot compare: ${answer.status} ${text}`);
      return text;
    },
    async stop() {
      client.close();
      await server.stop();
    },
  };
}

/** TEST KEYS: nothing but what a start needs. Nobody is refused for asking too often. */
const SETTINGS = {
  SUPABASE_URL: "https://project.example.com",
  APP_BASE_URL: "https://app.example.com/",
  ENCRYPTION_KEYS: `k1:${btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i)))}`,
  ENCRYPTION_ACTIVE_KEY: "k1",
  INTERNAL_SECRETS: "test-internal-secret-0123456789abcdef",
  RATE_LIMIT_REQUESTS: "100000000",
};
