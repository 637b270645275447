/**
 * Each driver's requests and the sandbox's answers, held to the provider's own specification: what a
 * driver sends must be documented, and what the sandbox answers must be what the provider would.
 */
import assert from "node:assert/strict";
import { findProvider } from "@shared/providers/mod.ts";
import type { PretendProviderName } from "../../dev/sandbox/provider.ts";
import { drive } from "./contract/drive.ts";
import { readSpecification } from "./contract/specification.ts";
import { validator } from "./contract/validate.ts";

interface Contract {
  readonly slug: PretendProviderName;
  /** In `../shared/provider-specs`. */
  readonly file: string;
  /** What the document's paths stand below; requests elsewhere (OAuth) are not in it. */
  readonly base: string;
  /** Where reality differs from the document, each with the source that says so. At most ten. */
  readonly deviations?: readonly {
    readonly finding: string;
    readonly source: string;
  }[];
}

const CONTRACTS: readonly Contract[] = [
  {
    slug: "junction",
    file: "junction-api.openapi.json",
    base: "https://api.us.junction.com",
  },
  {
    slug: "google_health",
    file: "google_health.v4.discovery.json",
    base: "https://health.googleapis.com",
  },
  {
    slug: "polar",
    file: "polar-accesslink-v3.openapi.yml",
    base: "https://www.polaraccesslink.com",
  },
  {
    slug: "strava",
    file: "strava.swagger.json",
    base: "https://www.strava.com/api/v3",
  },
  {
    slug: "whoop",
    file: "whoop.v2.openapi.yml",
    base: "https://api.prod.whoop.com/developer",
  },
];

for (const { slug, file, base, deviations = [] } of CONTRACTS) {
  const specification = readSpecification(file);
  Deno.test({
    name: `${slug}: requests and answers are those of ${file}`,
    ignore: !specification,
    async fn() {
      const found = findProvider(slug);
      assert.ok(specification && found?.kind === "driver");
      const exchanges = await drive(found.driver, slug);
      const check = validator(specification, base);
      const verdicts = exchanges.filter(({ url }) =>
        url.href.startsWith(`${base}/`)
      ).map(check);
      assert.ok(verdicts.length > 0, "nothing was asked");
      const findings = new Set(verdicts.flatMap((one) => one.findings));
      assert.ok(
        deviations.length <= 10,
        "too many deviations to be exceptions",
      );
      for (const { finding, source } of deviations) {
        assert.match(source, /^https:\/\//);
        assert.ok(findings.delete(finding), `no longer so: ${finding}`);
      }
      assert.deepEqual([...findings], []);
      const operations = new Set(verdicts.map(({ operation }) => operation));
      const bodies = verdicts.filter(({ bodyChecked }) => bodyChecked).length;
      console.log(
        `${slug}: ${verdicts.length} exchanges, ${operations.size} operations, ${bodies} bodies ` +
          `checked, ${deviations.length} deviations`,
      );
    },
  });
}
