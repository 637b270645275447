/** `functions/metrics` as it is deployed, one process, asked over HTTP as an app asks it. */
import { generateKeyPair } from "jose";
import { exportJWK, SignJWT } from "jose";
import { fileURLToPath } from "node:url";
import { failure } from "../../dev/failure.ts";
import { passedOn } from "../../dev/functions.ts";
import { guarded } from "../../dev/guard.ts";
import { freePort } from "../../dev/ports.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ISSUER = "https://project.example.com/auth/v1";
const START_MS = 30_000;

export interface Metrics {
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
  const port = freePort();
  const last: string[] = [];
  const server = guarded({
    command: "/bin/sh",
    args: [
      "-c",
      'exec "$@" >/dev/null',
      "sh",
      Deno.execPath(),
      "serve",
      "--no-lock",
      "--no-check",
      "--quiet",
      "--allow-net",
      "--allow-env",
      "--host=127.0.0.1",
      `--port=${port}`,
      "functions/metrics/index.ts",
    ],
    env: { ...env, ...passedOn() },
    cwd: ROOT,
    signal: "TERM",
    patienceSeconds: 0.5,
    onLine: (line) => last.push(line),
  });
  for (const until = Date.now() + START_MS;;) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
    connection?.close();
    if (connection) break;
    if (Date.now() > until) {
      throw failure(`Cannot start the function: ${last.slice(-3).join(" ")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
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
  return {
    env,
    token,
    async get(path, person) {
      const url = `http://127.0.0.1:${port}/metrics${path === "/" ? "" : path}`;
      const answer = await fetch(url, {
        // Else the runtime compresses the answer, 1 to 3 ms for 300 kB, which is not the function's work.
        headers: {
          "authorization": `Bearer ${await token(person)}`,
          "accept-encoding": "identity",
        },
      });
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`Cannot compare: ${answer.status} ${text}`);
      return text;
    },
    stop: () => server.stop(),
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
