import assert from "node:assert/strict";
import { clientNetwork, UNKNOWN_NETWORK } from "@shared/http/client_ip.ts";
import { readSharedJson } from "../../support/shared_data.ts";

interface Corpus {
  readonly cases: readonly {
    readonly trusted_hops: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly expect: string;
  }[];
}

const corpus = readSharedJson<Corpus>("vectors/client_ip_corpus.json");

function network(forwarded: string, hops = 1): string {
  return clientNetwork(new Headers({ "x-forwarded-for": forwarded }), hops);
}

Deno.test("clientNetwork() believes the trusted proxy and not what stands left of it", () => {
  assert.equal(network("1.2.3.4, 203.0.113.7"), "203.0.113.7");
  assert.equal(network("1.2.3.4, 203.0.113.7, 10.0.0.1", 2), "203.0.113.7");
  assert.equal(network("203.0.113.7", 2), UNKNOWN_NETWORK);
  assert.equal(network("203.0.113.7", 0), UNKNOWN_NETWORK);
  assert.equal(network("256.0.0.1"), UNKNOWN_NETWORK);
  assert.equal(network("1:2"), UNKNOWN_NETWORK);
});

Deno.test("clientNetwork() counts an IPv6 host once, however it writes its address", () => {
  const hosts = ["2001:db8:1:2:3:4:5:6", "2001:DB8:1:2::9", "[2001:db8:1:2:ffff::]:8080"];
  assert.deepEqual(new Set(hosts.map((host) => network(host))), new Set(["2001:db8:1:2::/64"]));
  assert.equal(network("2001:db8::"), "2001:db8::/64");
  assert.equal(network("::1"), "::/64");
  assert.equal(network("::ffff:cb00:7107"), "203.0.113.7");
});

Deno.test({
  name: "clientNetwork() judges the corpus as listed",
  ignore: !corpus,
  fn: () => {
    assert.ok(corpus);
    for (const { trusted_hops, headers, expect } of corpus.cases) {
      assert.equal(
        clientNetwork(new Headers(headers), trusted_hops),
        expect === "unknown-bucket" ? UNKNOWN_NETWORK : expect,
        JSON.stringify(headers),
      );
    }
  },
});
