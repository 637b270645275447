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
  /** The page that shows what the document calls a query sent as a form. */
  readonly inForm?: string;
  /** Where reality differs from the document, each with the source that says so. At most ten. */
  readonly deviations?: readonly {
    readonly finding: string;
    readonly source: string;
  }[];
}

const VALIDIC_USER = "GET /organizations/{org_id}/users/{uid}";

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
    slug: "tidepool",
    file: "tidepool/data.v1.yaml",
    base: "https://api.tidepool.org",
    deviations: [
      // Who the person is stands in another of its documents.
      {
        finding: "GET /auth/user: no such operation",
        source: "https://tidepool.redocly.app/reference/auth.v1",
      },
    ],
  },
  {
    slug: "validic",
    file: "validic-inform-data-resources.openapi.json",
    base: "https://api.v2.validic.com",
    deviations: [
      // A list, as of every resource; the document's example is one record of it.
      {
        finding: `${VALIDIC_USER}/cgm: 200 body must NOT have additional properties: data`,
        source: "https://dashboard.validic.com/inform-quickstart.txt",
      },
      // A float, as the list of metrics has it; the types are those of the examples' values.
      ...["sleep", "nutrition"].map((resource) => ({
        finding: `${VALIDIC_USER}/${resource}: 200 body/data/*/metrics/*/value must be integer`,
        source: "https://helpdocs.validic.com/docs/metrics",
      })),
      // Null for a user who was made without a place, as in the reference's list of users.
      ...[
        "POST /organizations/{org_id}/users: 201 body/location/timezone",
        "POST /organizations/{org_id}/users: 201 body/location/country_code",
        `${VALIDIC_USER}: 200 body/location/timezone`,
        `DELETE ${VALIDIC_USER.slice("GET ".length)}: 200 body/location/timezone`,
        `DELETE ${VALIDIC_USER.slice("GET ".length)}: 200 body/location/country_code`,
      ].map((where) => ({
        finding: `${where} must be string`,
        source: "https://developer.validic.com/reference/get-all-user-profiles",
      })),
    ],
  },
  {
    slug: "wahoo",
    file: "wahoo-cloud.openapi.yml",
    base: "https://api.wahooligan.com",
    deviations: [
      // Named beside the paths, as the scheme of security.
      {
        finding: "POST /oauth/token: no such operation",
        source: "https://cloud-api.wahooligan.com/#authentication",
      },
      // In the reference's own example of a summary.
      ...["GET /v1/workouts: 200 body/workouts/*", "GET /v1/workouts/{id}: 200 body"].flatMap((
        where,
      ) =>
        ["power_avg", "power_bike_tss_last", "updated_at"].map((field) => ({
          finding: `${where}/workout_summary must NOT have additional properties: ${field}`,
          source: "https://cloud-api.wahooligan.com/#webhooks",
        }))
      ),
    ],
  },
  {
    slug: "whoop",
    file: "whoop.v2.openapi.yml",
    base: "https://api.prod.whoop.com/developer",
  },
  {
    slug: "withings",
    file: "withings.openapi.yml",
    base: "https://wbsapi.withings.net",
    inForm: "https://developer.withings.com/api-reference",
    deviations: [
      // Required, and not to be used beside the days, which are required too.
      {
        finding: "POST /v2/measure: query lastupdate is missing",
        source: "https://developer.withings.com/api-reference#operation/measurev2-getactivity",
      },
      {
        finding: "POST /v2/sleep: query lastupdate is missing",
        source: "https://developer.withings.com/api-reference#operation/sleepv2-getsummary",
      },
      // The answer has `more` and "offset to use to retrieve the next data".
      {
        finding: "POST /v2/sleep: query offset is not documented",
        source: "https://developer.withings.com/api-reference#operation/sleepv2-getsummary",
      },
      // A list, as its example and recorded answers have it.
      {
        finding: "POST /v2/sleep: 200 body/body/series must be object",
        source: "https://github.com/joostlek/python-withings/tree/main/tests/fixtures",
      },
    ],
  },
];

for (const { slug, file, base, inForm, deviations = [] } of CONTRACTS) {
  const specification = readSpecification(file);
  Deno.test({
    name: `${slug}: requests and answers are those of ${file}`,
    ignore: !specification,
    async fn() {
      const found = findProvider(slug);
      assert.ok(specification && found?.kind === "driver");
      const exchanges = await drive(found.driver, slug);
      const check = validator(specification, base, inForm !== undefined);
      const verdicts = exchanges.filter(({ url }) => url.href.startsWith(`${base}/`)).map(check);
      assert.ok(verdicts.length > 0, "nothing was asked");
      const findings = new Set(verdicts.flatMap((one) => one.findings));
      assert.ok(deviations.length <= 10, "too many deviations to be exceptions");
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
