import type { ContractSlug, Scene } from "./drive.ts";
import { ouraScene } from "./scenes/oura.ts";
import { terraScene, terraWidgetScene } from "./scenes/terra.ts";

/** A provider's own specification, and what of it is held to. */
export interface Contract {
  readonly slug: ContractSlug;
  /** In `../shared/provider-specs`. */
  readonly file: string;
  /** What the document's paths stand below; requests elsewhere (OAuth) are not in it. */
  readonly base: string;
  /** Where below that the document speaks of it, and another document of the rest. */
  readonly within?: string;
  /** The page that shows what the document calls a query sent as a form. */
  readonly inForm?: string;
  /** What the sandbox does and answers besides what the driver asks for. */
  readonly scene?: Scene;
  /** Schemas that any row would fit beside the one that says something; no answer may be one. */
  readonly untyped?: readonly string[];
  /** The sandbox has every documented field of every answer somewhere. */
  readonly everyField?: true;
  /** Where reality differs from the document, each with the source that says so. At most ten. */
  readonly deviations?: readonly {
    readonly finding: string;
    readonly source: string;
  }[];
}

const VALIDIC_USER = "GET /organizations/{org_id}/users/{uid}";

export const CONTRACTS: readonly Contract[] = [
  {
    slug: "junction",
    file: "junction-api.openapi.json",
    base: "https://api.us.junction.com",
    deviations: [
      // It has 401 nowhere, though every operation wants a key.
      {
        finding: "GET /v2/summary/activity/{user_id}: status 401 is not documented",
        source: "https://docs.junction.com/api-details/junction-management-api",
      },
      // In the page's own example of a batch of samples.
      ...["source_id", "user_id"].map((field) => ({
        finding:
          `event daily.data.heartrate.created: body/data must NOT have additional properties: ${field}`,
        source: "https://docs.junction.com/webhooks/event-structure",
      })),
    ],
  },
  {
    slug: "google_health",
    file: "google_health.v4.discovery.json",
    base: "https://health.googleapis.com",
  },
  {
    slug: "oura",
    file: "oura.openapi-1.35.json",
    base: "https://api.ouraring.com",
    scene: ouraScene,
    // What `fields` is answered with, of which neither we nor the scene ask.
    untyped: ["MultiDocumentResponseDict", "TimeSeriesResponseDict"],
    everyField: true,
    deviations: [
      // Described in words beside it.
      ...["token", "revoke"].map((name) => ({
        finding: `POST /oauth/${name}: no such operation`,
        source: "https://cloud.ouraring.com/docs/authentication",
      })),
    ],
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
    deviations: [
      // Subscriptions have a page of their own.
      ...["GET", "POST"].map((method) => ({
        finding: `${method} /push_subscriptions: no such operation`,
        source: "https://developers.strava.com/docs/webhooks/",
      })),
    ],
  },
  {
    slug: "terra",
    file: "terra-v2-bundled.yaml",
    base: "https://access.tryterra.co/api/v2",
    scene: terraScene,
  },
  {
    slug: "terra",
    file: "terra-widget-bundled.yaml",
    base: "https://access.tryterra.co",
    within: "/widget",
    scene: terraWidgetScene,
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
      // "Use a valid access_token in the header but don't use signature and nonce", in the same document.
      ...["signature", "nonce", "client_id"].map((parameter) => ({
        finding: `POST /notify: query ${parameter} is missing`,
        source: "https://developer.withings.com/api-reference#operation/notify-subscribe",
      })),
      // By its own text each state of sleep has a start and an end: one object would be one state a night.
      // Answers that others recorded are lists (joostlek/python-withings, tests/fixtures).
      {
        finding: "POST /v2/sleep: 200 body/body/series must be object",
        source: "https://developer.withings.com/api-reference#operation/sleepv2-get",
      },
      // "Some webservices will also return a detailed message about the nature of the error."
      {
        finding: "POST /measure: 200 body must NOT have additional properties: error",
        source: "https://developer.withings.com/api-reference/#section/Response-status",
      },
    ],
  },
];
