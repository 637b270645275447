import assert from "node:assert/strict";
import { utf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import { type HmacScheme, hmacSignature } from "@shared/providers/kit/webhook.ts";
import { readSharedJson } from "../../../support/shared_data.ts";

interface Vector {
  readonly provider: string;
  readonly body: string;
  readonly header?: string;
  readonly header_value?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signature?: string;
  readonly bad_variants?: readonly {
    readonly signature?: string;
    readonly header_value?: string;
    readonly expect?: string;
  }[];
}

const file = readSharedJson<{ secret: string; timestamp: number; vectors: readonly Vector[] }>(
  "vectors/webhook_provider_schemes.json",
);

const LIST = { timestamp: "t", signature: "v1" };
const RECENT = { unit: "s", toleranceSeconds: 300 } as const;
const dotted = (header: string): HmacScheme => ({
  hash: "SHA-256",
  header,
  encoding: "hex",
  list: LIST,
  timestamp: RECENT,
  message: ({ body }, timestamp) => [timestamp, ".", body],
});
const plain = (header: string): HmacScheme => ({
  hash: "SHA-256",
  header,
  encoding: "hex",
  message: ({ body }) => [body],
});

/** The schemes of the vectors, written with the kit: it can say them all. */
const SCHEMES: Readonly<Record<string, HmacScheme>> = {
  terra: dotted("terra-signature"),
  strava: dotted("x-strava-signature"),
  polar: plain("polar-webhook-signature"),
  suunto: plain("x-hmac-sha256-signature"),
  fitbit: {
    hash: "SHA-1",
    header: "x-fitbit-signature",
    encoding: "base64",
    key: (secret) => `${secret}&`,
    message: ({ body }) => [body],
  },
  whoop: {
    hash: "SHA-256",
    header: "x-whoop-signature",
    encoding: "base64",
    timestamp: { ...RECENT, header: "x-whoop-signature-timestamp", unit: "ms" },
    message: ({ body }, timestamp) => [timestamp, body],
  },
  oura: {
    hash: "SHA-256",
    header: "x-oura-signature",
    encoding: "hex",
    timestamp: { ...RECENT, header: "x-oura-timestamp", unit: "either" },
    message: ({ body }, timestamp) => [timestamp, body],
  },
};

Deno.test({
  name: "hmacSignature() accepts each provider's vector and refuses its bad variants",
  ignore: !file,
  async fn() {
    const seen: string[] = [];
    for (const vector of file?.vectors ?? []) {
      const scheme = SCHEMES[vector.provider];
      if (!scheme) continue;
      seen.push(vector.provider);
      const good = vector.headers ??
        { [vector.header ?? ""]: vector.header_value ?? vector.signature ?? "" };
      assert.equal(await accepts(scheme, good, vector.body), true, vector.provider);
      for (const bad of vector.bad_variants ?? []) {
        const header = { [vector.header ?? ""]: bad.header_value ?? bad.signature ?? "" };
        assert.equal(await accepts(scheme, header, vector.body), bad.expect === "accept");
      }
    }
    assert.deepEqual(seen.sort(), Object.keys(SCHEMES).sort());
  },
});

const SECRET = "test_client_secret_0123456789";
const AT = 1_761_746_400;

function accepts(
  scheme: HmacScheme,
  headers: HeadersInit,
  body: string,
  now = new Date(AT * 1_000),
): Promise<boolean> {
  return hmacSignature(scheme)(
    {
      method: "POST",
      url: new URL("https://app.example/"),
      headers: new Headers(headers),
      body: utf8(body),
    },
    { signing: [new Secret(SECRET)] },
    now,
  );
}

// HMAC-SHA256 of `1761746400.{}` and of `1761746400{}`, by openssl.
const DOTTED = "58e8703152209409dfe853a0efafd099aa865485103d85777dc3d620d0ec19ed";
const JOINED = "02aed15d52f4ae238c6d77dabfb47e832292f19d247fb8fca13e1af0401bb55c";
const TERRA = dotted("sig");

Deno.test("hmacSignature() takes 300 seconds either way, and no more", async () => {
  for (
    const [seconds, expected] of [[-301, false], [-300, true], [300, true], [301, false]] as const
  ) {
    const now = new Date((AT + seconds) * 1_000);
    assert.equal(await accepts(TERRA, { sig: `t=${AT},v1=${DOTTED}` }, "{}", now), expected);
  }
});

Deno.test("hmacSignature() reads lists: order, unknown names, several signatures, one time", async () => {
  const zeros = "0".repeat(64);
  const cases: readonly (readonly [string, boolean])[] = [
    [`v1=${DOTTED},t=${AT}`, true],
    [`t=${AT}, v1=${DOTTED}`, true],
    [`t=${AT},v0=x,v1=${zeros},v1=${DOTTED}`, true],
    [`t=${AT},v1=${DOTTED.toUpperCase()}`, true],
    [`t=${AT},t=${AT},v1=${DOTTED}`, false],
    [`v1=${DOTTED}`, false],
    [`t=${AT}`, false],
    [`t=${AT},v0=${DOTTED}`, false],
    [`t=${AT},${`v1=${zeros},`.repeat(8)}v1=${DOTTED}`, false],
    ["", false],
  ];
  for (const [sig, expected] of cases) {
    assert.equal(await accepts(TERRA, { sig }, "{}"), expected, sig);
  }
});

Deno.test("hmacSignature() takes a time of digits only, in its own unit", async () => {
  const scheme: HmacScheme = {
    ...plain("sig"),
    timestamp: { ...RECENT, header: "ts", unit: "s" },
    message: ({ body }, timestamp) => [timestamp, body],
  };
  assert.equal(await accepts(scheme, { sig: JOINED, ts: String(AT) }, "{}"), true);
  const odd = ["1e9", "-1", "0x5", "", "1761746400000", "17617464", "+1761746400", "1".repeat(20)];
  for (const ts of odd) {
    assert.equal(await accepts(scheme, { sig: JOINED, ts }, "{}"), false, ts);
  }
  const inMilliseconds = { ...scheme, timestamp: { ...RECENT, header: "ts", unit: "ms" } as const };
  assert.equal(await accepts(inMilliseconds, { sig: JOINED, ts: String(AT) }, "{}"), false);
});

Deno.test("hmacSignature() refuses a header sent twice where the scheme has no list", async () => {
  const { sig, ts } = { sig: JOINED, ts: String(AT) };
  const scheme: HmacScheme = {
    ...plain("sig"),
    timestamp: { ...RECENT, header: "ts" },
    message: ({ body }, timestamp) => [timestamp, body],
  };
  assert.equal(await accepts(scheme, [["sig", sig], ["sig", sig], ["ts", ts]], "{}"), false);
  assert.equal(await accepts(scheme, [["sig", sig], ["ts", ts], ["ts", ts]], "{}"), false);
});

Deno.test("hmacSignature() refuses what the driver finds no message in", async () => {
  const scheme: HmacScheme = { ...plain("sig"), message: () => undefined };
  assert.equal(await accepts(scheme, { sig: JOINED }, "{}"), false);
});
