import assert from "node:assert/strict";
import { publicOnly, siteUrl } from "@shared/providers/kit/site.ts";
import { readSharedJson } from "../../../support/shared_data.ts";

const corpus = readSharedJson<{ cases: readonly { url: string; allow: boolean }[] }>(
  "vectors/ssrf_url_corpus.json",
);

Deno.test("siteUrl() takes a public https name, however it is typed, and drops the rest", () => {
  for (
    const typed of [
      "https://my.nightscout.example",
      "my.nightscout.example",
      " https://MY.nightscout.example/api/v1?token=x#y ",
      "https://my.nightscout.example:443/",
    ]
  ) assert.equal(siteUrl(typed)?.href, "https://my.nightscout.example/", typed);
});

Deno.test("siteUrl() goes nowhere inside a network", () => {
  for (
    const typed of [
      "",
      "https://",
      "http://my.nightscout.example",
      "https://my.nightscout.example:8443",
      "https://user:word@my.nightscout.example",
      "https://127.0.0.1",
      "https://2130706433",
      "https://0x7f.1",
      "https://[::1]",
      "https://[::ffff:127.0.0.1]",
      "https://localhost",
      "https://db",
      "https://a.localhost",
      "https://db.internal",
      "https://metadata.google.internal",
      "https://printer.local",
      "https://my.nightscout.example.",
      "https://a..example",
      "javascript:alert(1)",
      "file:///etc/passwd",
    ]
  ) assert.equal(siteUrl(typed), undefined, typed);
});

Deno.test({
  name: "siteUrl() refuses every address of the corpus that is no public https name",
  ignore: !corpus,
  fn() {
    let refused = 0;
    for (const { url, allow } of corpus?.cases ?? []) {
      // A person's own server may have any public name: what is refused there for its name is not here.
      if (allow || /^https:\/\/([a-z0-9-]+\.)+[a-z]+\/[^@]*$/i.test(url)) continue;
      if (/%2e|。/i.test(url)) continue;
      assert.equal(siteUrl(url), undefined, url);
      refused++;
    }
    assert.ok(refused > 25, `${refused} addresses`);
  },
});

Deno.test("publicOnly() sends nothing where any address of the name is not public, or none is known", async () => {
  const sent: string[] = [];
  const send: typeof fetch = (input) => {
    sent.push(new Request(input).url);
    return Promise.resolve(new Response("ok"));
  };
  const names: Readonly<Record<string, readonly string[]>> = {
    "good.example": ["1.1.1.1", "2606:4700:4700::1111"],
    "inside.example": ["10.0.0.7"],
    "mixed.example": ["1.1.1.1", "::1"],
    "nowhere.example": [],
  };
  const fetchSite = publicOnly(send, (name) => Promise.resolve(names[name] ?? []));
  assert.equal(await (await fetchSite("https://good.example/api")).text(), "ok");
  const reasons = new Set<string>();
  for (const name of ["inside", "mixed", "nowhere"]) {
    await assert.rejects(fetchSite(`https://${name}.example/`), (error: TypeError) => {
      reasons.add(error.message);
      return error instanceof TypeError;
    });
  }
  assert.deepEqual([sent, reasons.size], [["https://good.example/api"], 1]);
});
