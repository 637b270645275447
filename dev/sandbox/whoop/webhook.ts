import { toBase64, utf8 } from "@shared/core/bytes.ts";
import { addDays } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import type { Issuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import { personIn, type SandboxClient, type World } from "../world.ts";
import { listRecords, type WhoopResource } from "./collections.ts";
import { whoopUserId } from "./record.ts";

/** What WHOOP tells of; the others have to be asked for. */
const TOLD = ["sleep", "workout", "recovery"] as const satisfies readonly WhoopResource[];

/** Webhooks to the one address that is set in WHOOP's dashboard. */
export function createHooks(
  world: World,
  client: SandboxClient,
  issuer: Issuer,
): Pick<PretendProvider, "tell" | "announce"> {
  function send(person: Person, type: string, id: string): void {
    if (!client.webhookUrl) return;
    const body = JSON.stringify({
      user_id: whoopUserId(world, person),
      id,
      type,
      trace_id: crypto.randomUUID(),
    });
    world.courier.send({
      id: crypto.randomUUID(),
      provider: "whoop",
      url: client.webhookUrl,
      body,
      headers: () => signed(client.secret, String(world.clock().getTime()), body),
      timeoutSeconds: 10,
      attempts: 5,
    });
  }

  return {
    tell({ person, resource, action, recordId }) {
      const told = TOLD.find((one) => one === resource);
      if (!told) return;
      const who = personIn(world, person);
      const verb = action === "delete" ? "deleted" : "updated";
      if (action === "delete") {
        const externalUserId = String(whoopUserId(world, who));
        const of = { provider: "whoop", person, externalUserId, resource };
        world.ledger.serve(of, [{ id: recordId, facts: [] }]);
      }
      // A recovery goes by the id of its sleep, which is its own id here too.
      send(who, `${told}.${verb}`, recordId);
    },
    announce(since, until) {
      const people = new Set(
        issuer.grants().filter(({ revoked }) => !revoked).map(({ person }) => person),
      );
      for (const id of people) {
        const person = personIn(world, id);
        const today = localDateIn(person.zone, until);
        for (const resource of TOLD) {
          for (const record of listRecords(world, person, resource, addDays(today, -1), today)) {
            const isNew = record.availableAt > since && record.availableAt <= until;
            if (isNew) send(person, `${resource}.updated`, record.id);
          }
        }
      }
    },
  };
}

/** Base64 of HMAC-SHA256 with the client secret over milliseconds and raw body, unseparated. */
async function signed(secret: string, timestamp: string, body: string) {
  const key = await crypto.subtle.importKey(
    "raw",
    utf8(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = await crypto.subtle.sign("HMAC", key, utf8(timestamp + body));
  return {
    "x-whoop-signature": toBase64(new Uint8Array(mac)),
    "x-whoop-signature-timestamp": timestamp,
  };
}
