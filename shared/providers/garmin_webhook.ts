/** Garmin's deliveries: pushed rows and pings of several people; quirks in `garmin.ts`. */
import { z } from "zod";
import { SECOND } from "../core/time.ts";
import { GARMIN, GARMIN_API, type Kind, KINDS, maybeNumber, maybeText } from "./garmin_rows.ts";
import { clientHeader, every, pathSecret } from "./kit/signature.ts";
import { parseJson } from "./kit/webhook.ts";
import type { Webhook, WebhookEvent } from "./webhook.ts";

const row = z.looseObject({
  userId: maybeText,
  callbackURL: maybeText,
  uploadStartTimeInSeconds: maybeNumber,
  uploadEndTimeInSeconds: maybeNumber,
  permissions: z.array(z.string()).nullish(),
});
type Row = z.output<typeof row>;

/** Lists of several people's rows, each list under the name of its kind. */
const delivery = z.record(z.string(), z.array(row));

/** Kinds by the name that a delivery has for them, in any case: `pulseox` and `pulseOx` were both seen. */
const KIND_OF: ReadonlyMap<string, Kind> = new Map([
  ...entries(KINDS).map(([name, { key }]) => [key.toLowerCase(), name] as const),
  ["manuallyupdatedactivities", "activities"],
]);

function entries<K extends string, V>(of: Readonly<Record<K, V>>): readonly [K, V][] {
  // SAFETY: `of` is an object literal, whose own keys are exactly `K`.
  return Object.entries(of) as [K, V][];
}

export const garminWebhook: Webhook = {
  // Details of activities are the largest; Garmin advises at least 10 MB.
  maxBytes: 16 * 1_024 * 1_024,
  signedWith: "webhook",
  hasSecretPath: true,
  unproven: ["time", "body"],

  verifyWebhook: every(pathSecret(), clientHeader("garmin-client-id")),

  /** Nothing names a delivery; the same summary twice is stored once. */
  deliveryKey: () => undefined,

  parseWebhook(request) {
    const lists = parseJson(GARMIN, request, delivery);
    return Object.entries(lists).flatMap(([key, rows]) =>
      [...Map.groupBy(rows, ({ userId }) => userId ?? "")].flatMap(([externalUserId, own]) =>
        eventsOf(key, externalUserId, own, lists)
      )
    );
  },
};

function eventsOf(
  key: string,
  externalUserId: string,
  rows: readonly Row[],
  lists: z.output<typeof delivery>,
): readonly WebhookEvent[] {
  const about = { externalUserId };
  if (!/^[\x21-\x7e]{1,256}$/.test(externalUserId)) {
    return [{ kind: "ignored", externalUserId: "", type: key }];
  }
  if (key === "deregistrations") return [{ ...about, kind: "revoked" }];
  if (key === "userPermissionsChange") {
    return [{ ...about, kind: "scopes_changed", granted: rows.at(-1)?.permissions ?? [] }];
  }
  const resource = KIND_OF.get(key.toLowerCase());
  // Recordings in Garmin's file format (`activityFiles`) too: their content comes as details.
  if (!resource) return [{ ...about, kind: "ignored", type: key }];
  const pushed = rows.filter(({ callbackURL }) => callbackURL == null);
  const pings = rows.filter(({ callbackURL }) => callbackURL != null);
  return [
    ...pushOf(about, resource, pushed),
    ...(resource === "activity_details" ? summariesOf(about, pushed, lists) : []),
    ...pings.flatMap((ping) => notifyOf(about, resource, ping)),
  ];
}

type About = Pick<WebhookEvent, "externalUserId">;

function pushOf(about: About, resource: Kind, body: readonly Row[]): readonly WebhookEvent[] {
  return body.length > 0 ? [{ ...about, kind: "push", resource, body }] : [];
}

/** The workouts of pushed details, whose own summaries this delivery does not hold. */
function summariesOf(
  about: About,
  details: readonly Row[],
  lists: z.output<typeof delivery>,
): readonly WebhookEvent[] {
  const told = new Set((lists["activities"] ?? []).map(activityOf));
  const untold = details.filter((one) => !told.has(activityOf(one)))
    .map(({ samples: _, ...rest }) => rest);
  return pushOf(about, "activities", untold);
}

function activityOf(row: Row): string {
  return String(row["activityId"] ?? row["summaryId"]).replace(/-detail$/, "");
}

/**
 * A ping's address is never followed: its host and path are compared, and its times and token go onto
 * an address of our own. Where it is another's, the times beside it are what is believed.
 */
function notifyOf(about: About, resource: Kind, ping: Row): readonly WebhookEvent[] {
  const parameters = parametersOf(resource, ping.callbackURL ?? "");
  const from = secondsOf(parameters, "uploadStartTimeInSeconds") ?? ping.uploadStartTimeInSeconds;
  const to = secondsOf(parameters, "uploadEndTimeInSeconds") ?? ping.uploadEndTimeInSeconds;
  if (from == null || to == null || from > to) {
    return [{ ...about, kind: "ignored", type: `${KINDS[resource].key} ping` }];
  }
  const cursor = parameters.get("token");
  return [{
    ...about,
    kind: "notify",
    resource,
    action: "update",
    window: { from: new Date(from * SECOND), to: new Date(to * SECOND) },
    ...(cursor ? { cursor } : {}),
  }];
}

function parametersOf(resource: Kind, callbackURL: string): URLSearchParams {
  const url = URL.canParse(callbackURL) ? new URL(callbackURL) : undefined;
  const own = new URL(`${GARMIN_API}/${KINDS[resource].path}`);
  const isOwn = url?.origin === own.origin && url.username === "" && url.password === "" &&
    url.pathname.toLowerCase() === own.pathname.toLowerCase();
  return isOwn ? url.searchParams : new URLSearchParams();
}

function secondsOf(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name) ?? "";
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
