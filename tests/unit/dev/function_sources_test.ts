import assert from "node:assert/strict";
import { functionSources } from "../../../dev/functions.ts";

Deno.test("functionSources() is what config.toml deploys, with files that are there", async () => {
  const sources = await functionSources();
  assert.deepEqual(sources.map(({ slug }) => slug), [
    "connect",
    "oauth-callback",
    "webhooks",
    "metrics",
    "token-refresh",
    "sync-worker",
  ]);
  for (const { slug, entrypoint } of sources) {
    assert.equal(entrypoint, `functions/${slug}/index.ts`);
  }
});

Deno.test("supabase/config.toml states what the CLI would otherwise guess, for each function", async () => {
  const config = await Deno.readTextFile("supabase/config.toml");
  const sections = config.split(/^\[/m).filter((part) => part.startsWith("functions."));
  assert.ok(sections.length > 0);
  for (const section of sections) {
    assert.match(section, /^enabled = true$/m);
    assert.match(section, /^verify_jwt = false$/m);
    assert.match(section, /^import_map = "\.\.\/import_map\.json"$/m);
  }
});
