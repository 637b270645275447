import { toHex, utf8 } from "@shared/core/bytes.ts";
import { addDays } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import type { Issuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import { personIn, type SandboxClient, type SandboxRecord, type World } from "../world.ts";
import { COLLECTIONS, isResource, listRecords, type SuuntoResource } from "./collections.ts";
import { userName } from "./samples.ts";

/** Notifications to the address of the app's settings, with the data in them. */
export function createHooks(
  world: World,
  client: SandboxClient,
  issuer: Issuer,
  serve: (resource: string, person: Person, records: readonly SandboxRecord[]) => void,
): Pick<PretendProvider, "tell" | "announce"> {
  function send(person: Person, news: Readonly<Record<string, unknown>>): void {
    if (!client.webhookUrl) return;
    const body = JSON.stringify({ ...news, username: userName(world, person) });
    world.courier.send({
      id: crypto.randomUUID(),
      provider: "suunto",
      url: client.webhookUrl,
      body,
      headers: () => signed(client.webhookSecret ?? "", body),
      timeoutSeconds: 2,
      attempts: 3,
    });
  }

  function sendRecords(person: Person, resource: SuuntoResource, records: SandboxRecord[]): void {
    if (resource === "workouts") {
      for (const { body: { gear, ...workout } } of records) {
        send(person, { type: "WORKOUT_CREATED", workout, gear });
      }
    } else if (records.length > 0) {
      serve(resource, person, records);
      const type = `SUUNTO_247_${resource.toUpperCase()}_CREATED`;
      send(person, { type, samples: records.map(({ body }) => body) });
    }
  }

  return {
    tell({ person: id, resource, action, recordId }) {
      // Nothing tells of what is gone.
      if (!isResource(resource) || action === "delete") return;
      const person = personIn(world, id);
      const today = localDateIn(person.zone, world.clock());
      const records = listRecords(world, person, resource, addDays(today, -7), today);
      sendRecords(person, resource, records.filter((one) => one.id === recordId));
    },
    announce(since, until) {
      const people = new Set(
        issuer.grants().filter(({ revoked }) => !revoked).map(({ person }) => person),
      );
      for (const id of people) {
        const person = personIn(world, id);
        const today = localDateIn(person.zone, until);
        for (const resource of Object.keys(COLLECTIONS).filter(isResource)) {
          const fresh = listRecords(world, person, resource, addDays(today, -1), today)
            .filter(({ availableAt }) => availableAt > since && availableAt <= until);
          sendRecords(person, resource, fresh);
        }
      }
    },
  };
}

/** Lower-case hex of HMAC-SHA256 with the notification secret over the raw body. */
async function signed(secret: string, body: string) {
  const key = await crypto.subtle.importKey(
    "raw",
    utf8(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = await crypto.subtle.sign("HMAC", key, utf8(body));
  return { "x-hmac-sha256-signature": toHex(new Uint8Array(mac)) };
}
