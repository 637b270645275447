import { createHmac } from "node:crypto";
import { addDays } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import type { Issuer } from "../oauth.ts";
import type { PretendProvider } from "../provider.ts";
import { personIn, type SandboxClient, type SandboxRecord, type World } from "../world.ts";
import { COLLECTIONS, isResource, listRecords, type PolarResource } from "./collections.ts";
import { userId } from "./record.ts";

const RESOURCES = Object.keys(COLLECTIONS).filter(isResource);
const ADDRESSES: Readonly<Partial<Record<PolarResource, string>>> = {
  exercises: "exercises",
  sleep: "users/sleep",
  activities: "users/activities",
  continuous_heart_rate: "users/continuous-heart-rate",
};

/** Events to the client's one webhook, signed with the secret that was told when it was made. */
export function createHooks(
  world: World,
  client: SandboxClient,
  issuer: Issuer,
): Pick<PretendProvider, "tell" | "announce"> {
  const { webhookUrl, webhookSecret = "" } = client;
  let hasPinged = false;

  function post(event: Readonly<Record<string, unknown>>, signed: boolean): void {
    if (!webhookUrl) return;
    const body = JSON.stringify(event);
    const signature = createHmac("sha256", webhookSecret).update(body).digest("hex");
    world.courier.send({
      id: crypto.randomUUID(),
      provider: "polar",
      url: webhookUrl,
      body,
      headers: () =>
        Promise.resolve({
          "polar-webhook-event": String(event["event"]),
          ...(signed ? { "polar-webhook-signature": signature } : {}),
        }),
      timeoutSeconds: 10,
      attempts: 5,
    });
  }

  function send(person: string, resource: PolarResource, record: Pick<SandboxRecord, "id">): void {
    const { event } = COLLECTIONS[resource];
    if (event === undefined) return;
    const timestamp = world.clock().toISOString().replace(/\.\d+/, "");
    // As it was when the webhook was made: before anybody knew the secret.
    if (!hasPinged) post({ timestamp, event: "PING" }, false);
    hasPinged = true;
    post({
      event,
      user_id: userId(world, personIn(world, person)),
      ...(resource === "exercises" ? { entity_id: record.id } : { date: record.id }),
      timestamp,
      url: `https://www.polaraccesslink.com/v3/${ADDRESSES[resource]}/${record.id}`,
    }, true);
  }

  return {
    tell({ person, resource, action, recordId }) {
      if (!isResource(resource)) return;
      if (action === "delete") {
        const externalUserId = String(userId(world, personIn(world, person)));
        const of = { provider: "polar", person, externalUserId, resource };
        world.ledger.serve(of, [{ id: recordId, facts: [] }]);
      }
      send(person, resource, { id: recordId });
    },
    announce(since, until) {
      const people = new Set(
        issuer.grants().filter(({ revoked }) => !revoked).map(({ person }) => person),
      );
      for (const id of people) {
        const person = personIn(world, id);
        const today = localDateIn(person.zone, until);
        for (const resource of RESOURCES) {
          for (const record of listRecords(world, person, resource, addDays(today, -1), today)) {
            const isNew = record.availableAt > since && record.availableAt <= until;
            if (isNew) send(id, resource, record);
          }
        }
      }
    },
  };
}
